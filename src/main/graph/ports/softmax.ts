/** Graphs that end in probabilities. */
import { positive } from '../arrays'
import { withGraph, type NodeProto, type OnnxModel } from '../model'
import { changed, integerAttribute, newNode, withoutDeadParts } from '../nodes'
import { inferShapes, type Shape } from '../shapes'
import { floatTensor } from '../tensors'
import { GraphValues } from '../values'
import { guessedInput } from './output'
import { signatureOf } from './signature'

/** What keeps every value, in its order. */
const TRANSPARENT: ReadonlySet<string> = new Set([
  'Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Cast', 'Dropout'
]) // prettier-ignore

/** With its last softmax taken off, so that the output is logits; null when there is none. */
export function withoutSoftmax(model: OnnxModel): OnnxModel | null {
  const ending = new Ending(model)
  const { output } = signatureOf(model)
  let last: NodeProto | null = null
  let node = ending.values.producer(output)
  while (node !== null && TRANSPARENT.has(node.opType)) {
    last = node
    node = ending.values.producer(node.input[0] ?? '')
  }
  const logits = node?.input[0]
  if (node === null || logits === undefined || !ending.isSoftmax(node)) return null
  const { graph } = model
  const rewired =
    last === null
      ? {
          ...graph,
          output: graph.output.map((value) =>
            value.name === output ? changed(value, { name: logits }) : value
          )
        }
      : {
          ...graph,
          node: graph.node.map((other) =>
            other === last ? changed(other, { input: other.input.with(0, logits) }) : other
          )
        }
  return withGraph(model, withoutDeadParts(rewired))
}

/** No logarithm below that of this: float32 holds 1e-38 and more. */
const SMALLEST = 1e-30

/**
 * With the logarithm of its output, when that is made of probabilities alone, e.g. their mean over several views:
 * softmax(log p) = p. Null when it is not.
 */
export function withLogarithm(model: OnnxModel): OnnxModel | null {
  const { output } = signatureOf(model)
  if (!new Ending(model).isProbability(output)) return null
  const { graph } = model
  return withGraph(model, {
    ...graph,
    initializer: [...graph.initializer, floatTensor('linchpin::smallest', [], Float32Array.of(SMALLEST))],
    node: [
      ...graph.node,
      newNode('Max', [output, 'linchpin::smallest'], `${output}::positive`),
      newNode('Log', [`${output}::positive`], `${output}::log`)
    ],
    output: graph.output.map((value) =>
      value.name === output ? changed(value, { name: `${output}::log` }) : value
    )
  })
}

/** The last nodes of a graph. */
class Ending {
  readonly values: GraphValues
  private readonly shapes: ReadonlyMap<string, Shape>
  private readonly opset: number

  constructor(model: OnnxModel) {
    this.values = new GraphValues(model.graph)
    this.shapes = inferShapes(model.graph, this.values, guessedInput(this.values))
    const core = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')
    this.opset = Number(core?.version ?? 13n)
  }

  /** A softmax over the classes. Before operator set 13 it is over all axes from its own on. */
  isSoftmax(node: NodeProto): boolean {
    if (node.opType !== 'Softmax') return false
    const axis = integerAttribute(node, 'axis', this.opset < 13 ? 1 : -1)
    const shape = this.shapes.get(node.input[0] ?? '')
    if (shape === undefined) return axis === -1 || axis === 1
    const at = positive(axis, shape.length)
    const others = shape.map((size, i) => (i === 0 || (this.opset < 13 ? i >= at : i === at) ? 1 : size))
    return at > 0 && others.every((size) => size === 1)
  }

  isProbability(name: string, steps = 32): boolean {
    const node = this.values.producer(name)
    if (node === null || steps === 0) return false
    if (this.isSoftmax(node)) return true
    const [first = ''] = node.input
    const varying = node.input.filter((input) => this.values.varies(input))
    const every = varying.length > 0 && varying.every((input) => this.isProbability(input, steps - 1))
    switch (node.opType) {
      case 'Add':
      case 'Sum':
      case 'Mean':
      case 'Concat':
        return every
      case 'Mul':
      case 'Div':
        return varying.length === 1 && varying[0] === first && every
      case 'ReduceMean':
      case 'ReduceSum':
      case 'Slice':
      case 'Gather':
      case 'Clip':
      case 'Transpose':
        return this.isProbability(first, steps - 1)
      default:
        return TRANSPARENT.has(node.opType) && this.isProbability(first, steps - 1)
    }
  }
}
