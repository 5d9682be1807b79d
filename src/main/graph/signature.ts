import { LinchpinError } from '@shared/errors'
import { withGraph, type OnnxModel, type ValueInfoProto } from './model'
import { TensorProto_DataType } from './proto/onnx_pb'
import { declaredShape } from './shapes'
import { integerAttribute } from './nodes'
import { GraphValues } from './values'

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

function elementType(value: ValueInfoProto): number {
  return value.type?.value.case === 'tensorType'
    ? value.type.value.value.elemType
    : TensorProto_DataType.UNDEFINED
}

const shown = (value: ValueInfoProto): string =>
  `"${value.name}" [${(declaredShape(value) ?? []).map((d) => d ?? '?').join(', ')}]`

/** @throws GRAPH_UNSUPPORTED when the graph is no image classifier with one float32 image input. */
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
  if (shape?.length !== 4 || elementType(input) !== TensorProto_DataType.FLOAT) {
    throw new LinchpinError(
      'GRAPH_UNSUPPORTED',
      `Its input ${shown(input)} is no float32 image batch [N, 3, H, W].`
    )
  }
  const [batch = null, channels = null, height = null, width = null] = shape
  if (channels !== null && channels !== 3) {
    throw new LinchpinError(
      'GRAPH_UNSUPPORTED',
      `Its input ${shown(input)} has ${String(channels)} channels; expected 3.`
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

/** With its last softmax taken off, so that the output is logits; null when there is none. */
export function withoutSoftmax(model: OnnxModel): OnnxModel | null {
  const values = new GraphValues(model.graph)
  const { output } = signatureOf(model)
  const last = values.producer(output)
  const logits = last?.input[0]
  if (last?.opType !== 'Softmax' || logits === undefined) return null
  const axis = integerAttribute(last, 'axis', -1)
  if (axis !== -1 && axis !== 1) return null
  return withGraph(model, {
    ...model.graph,
    node: model.graph.node.filter((node) => node !== last),
    output: model.graph.output.map((value) => (value.name === output ? { ...value, name: logits } : value))
  })
}
