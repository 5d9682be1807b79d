/** Gives a graph one float32 image input [N, 3, H, W], whatever it takes. */
import { LinchpinError } from '@shared/errors'
import { withGraph, type OnnxModel, type ValueInfoProto } from '../model'
import { changed, newNode } from '../nodes'
import { TensorProto_DataType, type NodeProto, type TensorProto } from '../proto/onnx_pb'
import { declaredShape } from '../shapes'
import { floatTensor, isFloating } from '../tensors'
import { GraphValues } from '../values'
import { elementType, shown } from './signature'
import { floatPort } from '../declarations'

export interface ImageInput {
  readonly model: OnnxModel
  /** Whether the graph takes pixels of 0 to 255, as whole numbers, and normalises them itself. */
  readonly pixels: boolean
}

interface Declared {
  readonly value: ValueInfoProto
  readonly type: number
  /** [N, C, H, W], whatever the order in the graph. */
  readonly shape: readonly (number | null)[]
  readonly channelsLast: boolean
}

const WHOLE: ReadonlySet<number> = new Set([
  TensorProto_DataType.UINT8,
  TensorProto_DataType.INT8,
  TensorProto_DataType.INT16,
  TensorProto_DataType.UINT16,
  TensorProto_DataType.INT32,
  TensorProto_DataType.INT64
])

/** @throws GRAPH_UNSUPPORTED when the graph takes something else than one batch of images. */
export function withImageInput(model: OnnxModel): ImageInput {
  const input = imageInput(model)
  const pixels = WHOLE.has(input.type)
  if (input.type === TensorProto_DataType.FLOAT && !input.channelsLast) return { model, pixels }
  const { name } = input.value
  const added = new Path(`${name}::float32`)
  if (pixels) {
    // Cast cuts off: half more rounds what normalising left at 253.99998.
    added.tensors.push(floatTensor('linchpin::half', [], Float32Array.of(0.5)))
    added.step('Add', ['linchpin::half'])
  }
  if (input.type !== TensorProto_DataType.FLOAT) added.step('Cast', [], { to: input.type })
  if (input.channelsLast) added.step('Transpose', [], { perm: [0, 2, 3, 1] })
  return { model: withInput(model, name, floatPort(added.start, input.shape), added), pixels }
}

/** Nodes one after another, from a new input on. */
class Path {
  readonly start: string
  readonly nodes: NodeProto[] = []
  readonly tensors: TensorProto[] = []

  constructor(start: string) {
    this.start = start
  }

  step(opType: string, more: readonly string[], attributes: Parameters<typeof newNode>[3] = {}): void {
    const from = this.nodes.at(-1)?.output[0] ?? this.start
    this.nodes.push(newNode(opType, [from, ...more], `linchpin::${opType}::${this.start}`, attributes))
  }

  /** The nodes, the last of which makes the value `end`. */
  to(end: string): NodeProto[] {
    return this.nodes.map((node, i) =>
      i === this.nodes.length - 1 ? changed(node, { output: [end] }) : node
    )
  }
}

function withInput(model: OnnxModel, replaced: string, input: ValueInfoProto, path: Path): OnnxModel {
  const { graph } = model
  return withGraph(model, {
    ...graph,
    input: graph.input.map((value) => (value.name === replaced ? input : value)),
    initializer: [...graph.initializer, ...path.tensors],
    node: [...path.to(replaced), ...graph.node]
  })
}

function imageInput(model: OnnxModel): Declared {
  const inputs = new GraphValues(model.graph).inputs()
  const [value] = inputs
  if (value === undefined || inputs.length !== 1) {
    throw new LinchpinError(
      'GRAPH_UNSUPPORTED',
      `It has ${String(inputs.length)} inputs (${inputs.map(shown).join(', ')}); expected one image input.`,
      { fix: 'Export the classifier alone, with images as its only input.' }
    )
  }
  const declared = declaredShape(value)
  const type = elementType(value)
  const channelsLast = declared?.[1] !== 3 && declared?.[3] === 3
  const [n = null, a = null, b = null, c = null] = declared ?? []
  const shape = channelsLast ? [n, 3, a, b] : [n, a ?? 3, b, c]
  if (declared?.length !== 4 || shape[1] !== 3) {
    throw new LinchpinError(
      'GRAPH_UNSUPPORTED',
      `Its input ${shown(value)} is no batch of images with 3 channels, [N, 3, H, W] or [N, H, W, 3].`
    )
  }
  if (!isFloating(type) && !WHOLE.has(type)) {
    throw new LinchpinError(
      'GRAPH_UNSUPPORTED',
      `Its input ${shown(value)} has data type ${String(type)}; expected numbers.`
    )
  }
  return { value, type, shape, channelsLast }
}
