import { basename, dirname, isAbsolute, join, normalize, sep } from 'node:path'
import { LinchpinError } from '@shared/errors'
import { externalDataOf, readModel, setExternalData } from '../graph/model'
import { openCheckpointFile } from './file'
import type { CheckpointFile, CheckpointReader } from './types'
import { isUnsupported } from './unsupported'

/** protobuf messages end here, and so do single buffers in some runtimes. */
const LARGEST_MODEL = 2 ** 31 - 1

export const onnxReader: CheckpointReader = {
  format: 'onnx',
  // An ONNX file has no signature of its own. Every exporter writes ir_version (field 1, a small varint) first. What
  // is named so and is known to be another thing (a Git LFS pointer) is not it.
  match: (head, file) =>
    (head[0] === 0x08 && (head[1] ?? 255) < 64 && head.length > 2) ||
    (/\.onnx$/i.test(file.path) && !isUnsupported(head)),
  async open(file) {
    if (file.size > LARGEST_MODEL) {
      throw new LinchpinError(
        'FORMAT_INVALID',
        `"${basename(file.path)}" has ${String(file.size)} bytes; an ONNX file with its weights inside has at most 2 GiB.`,
        { fix: 'Export it with external data.' }
      )
    }
    const model = readModel(await file.read(0, file.size), file.path)
    const files = [file.path]
    for (const external of externalDataOf(model)) {
      const path = externalPath(file.path, external.location)
      if (!files.includes(path)) files.push(path)
      const data = await openExternal(file.path, path)
      try {
        const length = external.length ?? data.size - external.offset
        setExternalData(external, await data.read(external.offset, length))
      } finally {
        await data.close()
      }
    }
    return {
      kind: 'graph',
      format: 'onnx',
      container: files.length > 1 ? 'external data' : null,
      model,
      files,
      close: () => file.close()
    }
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
  if (isAbsolute(relative) || relative === '..' || relative.startsWith(`..${sep}`)) {
    throw new LinchpinError(
      'FORMAT_INVALID',
      `"${basename(modelPath)}" wants its weights from "${location}", outside its own folder.`
    )
  }
  return join(dirname(modelPath), relative)
}
