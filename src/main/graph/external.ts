/** Weights kept outside a model's bytes: graphs that are cut from one model share them instead of copying them. */
import { create } from '@bufbuild/protobuf'
import { withGraph, type OnnxModel, type TensorProto } from './model'
import { changed } from './nodes'
import { StringStringEntryProtoSchema, TensorProto_DataLocation } from './proto/onnx_pb'

export interface ExternalFile {
  readonly path: string
  readonly data: Uint8Array
}

/** Smaller tensors stay inside: shapes and axes must be there when the runtime reads the graph. */
const LEAST = 1024
/** The runtime uses values where they lie; they must lie as the processor reads its widest number, in bytes. */
const ALIGNMENT = 8

/**
 * The model with its larger tensors left out, and what they are: the files that its external data names. They must
 * stay in memory as long as a session of a part of the model lives.
 */
export function withExternalWeights(model: OnnxModel): {
  readonly model: OnnxModel
  readonly files: ReadonlyMap<string, ExternalFile>
} {
  const files = new Map<string, ExternalFile>()
  const initializer = model.graph.initializer.map((tensor, i): TensorProto => {
    // The copy takes the place of the model's own bytes: nothing is there twice.
    if (tensor.rawData.byteOffset % ALIGNMENT !== 0) tensor.rawData = new Uint8Array(tensor.rawData)
    if (tensor.rawData.length < LEAST) return tensor
    const path = `weights/${String(i)}`
    files.set(tensor.name, { path, data: tensor.rawData })
    const entries = Object.entries({ location: path, offset: '0', length: String(tensor.rawData.length) })
    return changed(tensor, {
      rawData: new Uint8Array(),
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: entries.map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }))
    })
  })
  return { model: withGraph(model, { ...model.graph, initializer }), files }
}

/** The files that a part of the model needs. */
export function filesOf(part: OnnxModel, files: ReadonlyMap<string, ExternalFile>): ExternalFile[] {
  return part.graph.initializer.flatMap(({ name }) => {
    const file = files.get(name)
    return file === undefined ? [] : [file]
  })
}
