import { basename } from 'node:path'
import { LinchpinError } from '@shared/errors'
import { readModel } from '../../graph/model'
import { ModelProtoSchema } from '../../graph/proto/onnx_pb'
import { refuseChoice } from '../choice'
import type { CheckpointReader } from '../types'
import { isUnsupported } from '../unsupported'
import { readExternalData } from './external'
import { protobufProblem } from './measure'

/** protobuf messages end here, and so do single buffers in some runtimes. */
const LARGEST_MODEL = 2 ** 31 - 1

export const onnxReader: CheckpointReader = {
  format: 'onnx',
  // An ONNX file has no signature of its own. Every exporter writes ir_version (field 1, a small varint) first. What
  // is named so and is known to be another thing (a Git LFS pointer) is not it.
  match: (head, file) =>
    !isUnsupported({ name: basename(file.path), head }) &&
    ((head[0] === 0x08 && (head[1] ?? 255) < 64 && head.length > 2) || /\.onnx$/i.test(file.path)),
  async open(file, options) {
    refuseChoice(file.path, options)
    if (file.size > LARGEST_MODEL) {
      throw new LinchpinError(
        'FORMAT_INVALID',
        `"${basename(file.path)}" has ${file.size} bytes; an ONNX file with its weights inside has at most 2 GiB.`,
        { fix: 'Export it with external data.' }
      )
    }
    const bytes = await file.read(0, file.size)
    const problem = protobufProblem(ModelProtoSchema, bytes)
    if (problem !== null) {
      throw new LinchpinError(
        'FORMAT_INVALID',
        `"${file.path}" is no ONNX file, or it is truncated: it has ${problem}.`,
        { fix: 'Export or download it again.' }
      )
    }
    const model = readModel(bytes, file.path)
    const external = await readExternalData(model, file.path)
    return {
      kind: 'graph',
      format: 'onnx',
      container: external.length > 0 ? 'external data' : null,
      model,
      files: [file.path, ...external],
      close: () => file.close()
    }
  }
}
