/** External data: values of tensors in files beside the model. */
import { basename, dirname, isAbsolute, join, normalize, sep } from 'node:path'
import { LinchpinError } from '@shared/errors'
import { externalDataOf, setExternalData, type OnnxModel } from '../../graph/model'
import { openCheckpointFile } from '../file'
import type { CheckpointFile } from '../types'

/**
 * Reads all of it into the model.
 * @returns absolute paths of the files.
 * @throws FILE_NOT_FOUND, FILE_TRUNCATED, FORMAT_INVALID.
 */
export async function readExternalData(model: OnnxModel, modelPath: string): Promise<readonly string[]> {
  const files = new Map<string, CheckpointFile>()
  /** By place: tensors that share values share memory. */
  const known = new Map<string, Uint8Array<ArrayBuffer>>()
  /** Bytes that are still to be read of each file: what reads them again is made to fill the memory. */
  const budgets = new Map<string, number>()
  try {
    for (const external of externalDataOf(model)) {
      const path = externalPath(modelPath, external.location)
      const file = files.get(path) ?? (await openExternal(modelPath, path))
      files.set(path, file)
      const length = external.length ?? file.size - external.offset
      const place = `${path}\0${external.offset}\0${length}`
      let bytes = known.get(place)
      if (bytes === undefined) {
        const left = (budgets.get(path) ?? file.size) - length
        // Where the file is shorter than that, it is what ends too early.
        if (left < 0 && length <= file.size) {
          throw new LinchpinError(
            'FORMAT_INVALID',
            `"${basename(modelPath)}" reads the same bytes of "${basename(path)}" for several tensors.`
          )
        }
        budgets.set(path, left)
        bytes = await file.read(external.offset, length)
        known.set(place, bytes)
      }
      setExternalData(external, bytes)
    }
    return [...files.keys()]
  } finally {
    await Promise.all([...files.values()].map((file) => file.close()))
  }
}

async function openExternal(modelPath: string, path: string): Promise<CheckpointFile> {
  return openCheckpointFile(path).catch((error: unknown) => {
    if (!(error instanceof LinchpinError) || error.code !== 'FILE_NOT_FOUND') throw error
    throw new LinchpinError(
      'FILE_NOT_FOUND',
      `"${basename(modelPath)}" keeps its weights in "${basename(path)}", which is not beside it.`,
      { fix: 'Put both files into one folder; drop both together.', cause: error }
    )
  })
}

/** External data lies beside the model; a path that leads elsewhere is refused. */
function externalPath(modelPath: string, location: string): string {
  const relative = normalize(location)
  if (
    isAbsolute(relative) ||
    relative === '..' ||
    relative.startsWith(`..${sep}`) ||
    location.includes('\0')
  ) {
    throw new LinchpinError(
      'FORMAT_INVALID',
      `"${basename(modelPath)}" wants its weights from "${location}", outside its own folder.`
    )
  }
  return join(dirname(modelPath), relative)
}
