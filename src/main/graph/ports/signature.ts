import { LinchpinError } from '@shared/errors'
import type { OnnxModel, ValueInfoProto } from '../model'
import { TensorProto_DataType } from '../proto/onnx_pb'
import { declaredShape } from '../shapes'
import { GraphValues } from '../values'

/** What goes into a classifier's graph and what comes out. Null: any size. */
export interface Signature {
  readonly input: string
  /** A fixed batch size, or null. */
  readonly batch: number | null
  readonly channels: number
  readonly height: number | null
  readonly width: number | null
  /** The value with the logits, [N, classes]. */
  readonly output: string
  readonly classes: number | null
}

/** TensorProto.DataType; UNDEFINED where it is not declared. */
export function elementType(value: ValueInfoProto): number {
  return value.type?.value.case === 'tensorType'
    ? value.type.value.value.elemType
    : TensorProto_DataType.UNDEFINED
}

/** E.g. `"images" [?, 3, 224, 224]`. */
export function shown(value: ValueInfoProto): string {
  return `"${value.name}" [${(declaredShape(value) ?? []).map((d) => d ?? '?').join(', ')}]`
}

/** @throws GRAPH_UNSUPPORTED when the graph is no image classifier with one float32 image input [N, 3, H, W]. */
export function signatureOf(model: OnnxModel): Signature {
  const values = new GraphValues(model.graph)
  const inputs = values.inputs()
  const [input] = inputs
  if (input === undefined || inputs.length !== 1) {
    throw new LinchpinError(
      'GRAPH_UNSUPPORTED',
      `It has ${String(inputs.length)} inputs (${inputs.map(shown).join(', ')}); expected one image input.`
    )
  }
  const shape = declaredShape(input)
  const [batch = null, channels = null, height = null, width = null] = shape ?? []
  const fits = shape?.length === 4 && (channels ?? 3) === 3
  if (!fits || elementType(input) !== TensorProto_DataType.FLOAT) {
    throw new LinchpinError(
      'GRAPH_UNSUPPORTED',
      `Its input ${shown(input)} is no float32 image batch [N, 3, H, W].`
    )
  }
  const output = model.graph.output.find((candidate) => declaredShape(candidate)?.length === 2)
  const chosen = output ?? (model.graph.output.length === 1 ? model.graph.output[0] : undefined)
  if (chosen === undefined) {
    throw new LinchpinError(
      'GRAPH_UNSUPPORTED',
      `None of its outputs (${model.graph.output.map(shown).join(', ')}) has the shape [N, classes].`
    )
  }
  const classes = declaredShape(chosen)?.[1] ?? null
  return { input: input.name, batch, channels: 3, height, width, output: chosen.name, classes }
}
