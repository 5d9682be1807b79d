/** The zip format of torch.save since PyTorch 1.6, and TorchScript archives. Source: torch/serialization.py, caffe2/serialize/inline_container.h. */
import type { CheckpointFile, OpenOptions, OpenedStateDict } from '../types'
import { invalid, truncated, unreadable } from './errors'
import { ByteCursor, unpickle } from './pickle'
import { stateDictCheckpoint } from './state-dict/checkpoint'
import { bytesOf, torchSurroundings } from './torch/storages'
import type { StorageSource } from './torch/tensor'
import type { ZipArchive } from '../zip/archive'

const LARGEST_PICKLE = 2 ** 25
/** All in one folder, whatever its name. */
const PICKLE = /^(?:[^/]+\/)?data\.pkl$/

export function isTorchArchive(archive: ZipArchive): boolean {
  return archive.names.some((name) => PICKLE.test(name))
}

/** @throws FORMAT_UNSUPPORTED for a frozen script, FORMAT_INVALID, FILE_TRUNCATED, OPTION_INVALID. */
export async function openTorchArchive(
  file: CheckpointFile,
  archive: ZipArchive,
  options: OpenOptions
): Promise<OpenedStateDict> {
  const [name = '', other] = archive.names.filter((candidate) => PICKLE.test(candidate))
  const entry = archive.entry(name)
  if (entry === undefined) throw invalid(file.path, 'it has no pickle "data.pkl".')
  if (other !== undefined) throw invalid(file.path, `it has two pickles, "${name}" and "${other}".`)
  const folder = name.slice(0, -'data.pkl'.length)
  if (isFrozen(archive, folder)) {
    throw unreadable(file.path, 'it is a frozen TorchScript archive: its weights are constants of its code.')
  }
  const littleEndian = await isLittleEndian(file, archive, `${folder}byteorder`)
  const cursor = new ByteCursor(await archive.readAll(entry, LARGEST_PICKLE), file.path)
  const root = unpickle(cursor, torchSurroundings(file.path, new Map()))
  const source = { ...storagesIn(archive, folder, file.path), littleEndian }
  return stateDictCheckpoint(file, root, source, options)
}

function storagesIn(archive: ZipArchive, folder: string, path: string): Omit<StorageSource, 'littleEndian'> {
  return {
    path,
    locate(storage) {
      const name = `${folder}data/${storage.key}`
      const entry = archive.entry(name)
      if (entry === undefined) throw truncated(path, `it has no entry "${name}".`)
      if (entry.size < bytesOf(storage)) {
        throw truncated(path, `its entry "${name}" has ${entry.size} bytes; ${bytesOf(storage)} are needed.`)
      }
      return { size: entry.size, read: (offset, length) => archive.readPart(entry, offset, length) }
    }
  }
}

/** `torch.jit.freeze` leaves no parameters, so the archive has constants and nothing else. */
function isFrozen(archive: ZipArchive, folder: string): boolean {
  const has = (part: string): boolean => archive.names.some((name) => name.startsWith(`${folder}${part}/`))
  return has('constants') && !has('data')
}

/** PyTorch before 2.0 does not say; nothing but little-endian machines wrote it then. */
async function isLittleEndian(file: CheckpointFile, archive: ZipArchive, name: string): Promise<boolean> {
  const entry = archive.entry(name)
  if (entry === undefined) return true
  const order = new TextDecoder().decode(await archive.readAll(entry, 16))
  if (order !== 'little' && order !== 'big') throw invalid(file.path, `its byte order is "${order}".`)
  return order === 'little'
}
