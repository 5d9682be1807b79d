/** Reading and writing ONNX models. Unknown fields survive: the protobuf library keeps them. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { LinchpinError } from '@shared/errors'
import {
  ModelProtoSchema,
  TensorProto_DataLocation,
  type GraphProto,
  type ModelProto,
  type TensorProto
} from './proto/onnx_pb'

export type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from './proto/onnx_pb'

/** A model that certainly has a graph. */
export type OnnxModel = ModelProto & { readonly graph: GraphProto }

/** @throws FORMAT_INVALID when the bytes are no ONNX model with a graph. */
export function readModel(bytes: Uint8Array, path: string): OnnxModel {
  let model: ModelProto
  try {
    model = fromBinary(ModelProtoSchema, bytes)
  } catch (error) {
    throw new LinchpinError(
      'FORMAT_INVALID',
      `"${path}" is no ONNX file, or it is truncated (${error instanceof Error ? error.message : 'unreadable'}).`,
      { cause: error, fix: 'Export or download it again.' }
    )
  }
  if (!hasGraph(model) || model.graph.node.length === 0) {
    throw new LinchpinError('FORMAT_INVALID', `"${path}" has no graph of ONNX nodes.`, {
      fix: 'Export or download it again.'
    })
  }
  return model
}

function hasGraph(model: ModelProto): model is OnnxModel {
  return model.graph !== undefined
}

export function writeModel(model: OnnxModel): Uint8Array {
  return toBinary(ModelProtoSchema, model)
}

/** A model of our own making. */
export function newModel(graph: GraphProto, opset: number): OnnxModel {
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'linchpin',
    opsetImport: [{ domain: '', version: BigInt(opset) }]
  })
  return Object.assign(model, { graph })
}

/** The same model with another graph; nothing of the given one changes. */
export function withGraph(model: OnnxModel, graph: GraphProto): OnnxModel {
  return { ...model, graph }
}

export interface ExternalData {
  readonly tensor: TensorProto
  readonly location: string
  readonly offset: number
  /** Absent: up to the end of the file. */
  readonly length: number | null
}

/** Tensors whose values lie in other files. */
export function externalDataOf(model: OnnxModel): ExternalData[] {
  return allTensors(model.graph)
    .filter((tensor) => tensor.dataLocation === TensorProto_DataLocation.EXTERNAL)
    .map((tensor) => {
      const value = (key: string): string | undefined => tensor.externalData.find((e) => e.key === key)?.value
      const location = value('location')
      const offset = Number(value('offset') ?? 0)
      const length = value('length')
      if (location === undefined || !Number.isSafeInteger(offset)) {
        throw new LinchpinError(
          'FORMAT_INVALID',
          `Tensor "${tensor.name}" has external data without a location.`
        )
      }
      return { tensor, location, offset, length: length === undefined ? null : Number(length) }
    })
}

/** Puts the values of external data into the model itself. */
export function setExternalData({ tensor }: ExternalData, bytes: Uint8Array): void {
  tensor.rawData = bytes
  tensor.dataLocation = TensorProto_DataLocation.DEFAULT
  tensor.externalData = []
}

function allTensors(graph: GraphProto): TensorProto[] {
  const constants = graph.node.flatMap((node) =>
    node.attribute.flatMap((attribute) => (attribute.t === undefined ? [] : [attribute.t]))
  )
  return [...graph.initializer, ...constants]
}
