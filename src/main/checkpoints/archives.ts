/** Zip archives: told apart by what is inside. */
import { isNpz, openNpz } from './npz'
import { isTorchArchive, openTorchArchive } from './pytorch'
import type { CheckpointReader } from './types'
import { unsupportedArchive } from './unsupported'
import { openArchive } from './zip/archive'

export const zipReader: CheckpointReader = {
  format: 'zip',
  match: ([p, k, three, four]) => p === 0x50 && k === 0x4b && three === 3 && four === 4,
  async open(file, options) {
    const archive = await openArchive(file)
    if (isTorchArchive(archive)) return openTorchArchive(file, archive, options)
    if (isNpz(archive)) return openNpz(file, archive, options)
    throw unsupportedArchive(file.path, archive.names)
  }
}
