/**
 * Shapes of values, as far as they follow from the operators that vision classifiers are made of. Enough to count
 * multiply–accumulates; a value that cannot be told is left out.
 */
import type { GraphProto, NodeProto, ValueInfoProto } from './model'
import { readIntegers, shapeOf, sizeOf } from './tensors'
import { integerAttribute, integersAttribute, type GraphValues } from './values'

export type Shape = readonly number[]

const SAME_SHAPE = new Set([
  'Relu', 'LeakyRelu', 'PRelu', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh', 'Clip', 'Elu', 'Selu', 'Gelu', 'Erf',
  'Softmax', 'LogSoftmax', 'Identity', 'Dropout', 'BatchNormalization', 'InstanceNormalization', 'LayerNormalization',
  'GroupNormalization', 'Cast', 'Sqrt', 'Exp', 'Neg', 'Abs', 'Mish', 'Softplus'
]) // prettier-ignore
const BROADCAST = new Set(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Sum'])

/** Declared dimensions of a graph's input or output; null where a dimension is free. */
export function declaredShape(value: ValueInfoProto): (number | null)[] | null {
  const type = value.type?.value
  if (type?.case !== 'tensorType' || type.value.shape === undefined) return null
  return type.value.shape.dim.map((dim) => (dim.value.case === 'dimValue' ? Number(dim.value.value) : null))
}

/** @param input shape of the one image input, [1, C, H, W]. */
export function inferShapes(
  graph: GraphProto,
  values: GraphValues,
  input: Shape
): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>()
  for (const value of values.inputs()) shapes.set(value.name, input)
  const shapeOfValue = (name: string): Shape | null => {
    const known = shapes.get(name)
    if (known !== undefined) return known
    const constant = values.constant(name)
    if (constant === null) return null
    const shape = shapeOf(constant.tensor)
    return constant.transposed ? shape.toReversed() : shape
  }
  for (const node of graph.node) {
    const [output] = node.output
    const shape = output === undefined ? null : nodeShape(node, values, shapeOfValue)
    if (output !== undefined && shape !== null) shapes.set(output, shape)
  }
  return shapes
}

function nodeShape(
  node: NodeProto,
  values: GraphValues,
  shapeOfValue: (name: string) => Shape | null
): Shape | null {
  const inputs = node.input.map((name) => (name === '' ? null : shapeOfValue(name)))
  const first = inputs[0] ?? null
  if (first === null) return null
  if (SAME_SHAPE.has(node.opType)) return first
  if (BROADCAST.has(node.opType)) return broadcast(inputs)
  switch (node.opType) {
    case 'Conv':
      return convolved(node, first, inputs[1] ?? null)
    case 'MaxPool':
    case 'AveragePool':
      return pooled(node, first, integersAttribute(node, 'kernel_shape', []), first[1] ?? 0)
    case 'GlobalAveragePool':
    case 'GlobalMaxPool':
      return [...first.slice(0, 2), ...first.slice(2).map(() => 1)]
    case 'ReduceMean':
      return reduced(node, first, values)
    case 'Flatten': {
      const axis = integerAttribute(node, 'axis', 1)
      return [sizeOf(first.slice(0, axis)), sizeOf(first.slice(axis))]
    }
    case 'Reshape':
      return reshaped(first, constantIntegers(node.input[1], values))
    case 'Transpose': {
      const order = integersAttribute(node, 'perm', [...first.keys()].toReversed())
      return order.map((axis) => first[axis] ?? 1)
    }
    case 'Gemm':
    case 'MatMul':
      return multiplied(node, first, inputs[1] ?? null)
    default:
      return null
  }
}

function constantIntegers(name: string | undefined, values: GraphValues): number[] | null {
  const constant = name === undefined ? null : values.constant(name)
  return constant === null ? null : readIntegers(constant.tensor)
}

function broadcast(inputs: readonly (Shape | null)[]): Shape | null {
  let result: number[] = []
  for (const shape of inputs) {
    if (shape === null) return null
    const rank = Math.max(result.length, shape.length)
    const before = result
    result = Array.from({ length: rank }, (_, i) => {
      const a = before[i - (rank - before.length)] ?? 1
      const b = shape[i - (rank - shape.length)] ?? 1
      return Math.max(a, b)
    })
  }
  return result
}

function convolved(node: NodeProto, input: Shape, weight: Shape | null): Shape | null {
  const [outputs] = weight ?? []
  if (weight === null || outputs === undefined) return null
  return pooled(node, input, weight.slice(2), outputs)
}

function pooled(node: NodeProto, input: Shape, kernel: readonly number[], channels: number): Shape {
  const space = input.slice(2)
  const strides = integersAttribute(
    node,
    'strides',
    space.map(() => 1)
  )
  const dilations = integersAttribute(
    node,
    'dilations',
    space.map(() => 1)
  )
  const pads = integersAttribute(
    node,
    'pads',
    [...space, ...space].map(() => 0)
  )
  const round = integerAttribute(node, 'ceil_mode', 0) === 1 ? Math.ceil : Math.floor
  const sizes = space.map((size, i) => {
    const reach = (dilations[i] ?? 1) * ((kernel[i] ?? 1) - 1) + 1
    const padded = size + (pads[i] ?? 0) + (pads[i + space.length] ?? 0)
    return round((padded - reach) / (strides[i] ?? 1)) + 1
  })
  return [input[0] ?? 1, channels, ...sizes]
}

function reduced(node: NodeProto, input: Shape, values: GraphValues): Shape | null {
  const axes = constantIntegers(node.input[1], values) ?? integersAttribute(node, 'axes', [])
  const normalized = new Set(axes.map((axis) => (axis < 0 ? axis + input.length : axis)))
  if (normalized.size === 0) return null
  if (integerAttribute(node, 'keepdims', 1) === 1)
    return input.map((size, i) => (normalized.has(i) ? 1 : size))
  return input.filter((_, i) => !normalized.has(i))
}

function reshaped(input: Shape, target: readonly number[] | null): Shape | null {
  if (target === null) return null
  const copied = target.map((size, i) => (size === 0 ? (input[i] ?? 1) : size))
  const known = sizeOf(copied.filter((size) => size > 0))
  return copied.map((size) => (size === -1 ? sizeOf(input) / known : size))
}

function multiplied(node: NodeProto, a: Shape, b: Shape | null): Shape | null {
  if (b === null) return null
  const transposed = integerAttribute(node, 'transB', 0) === 1
  const columns = transposed ? b[0] : b.at(-1)
  return columns === undefined ? null : [...a.slice(0, -1), columns]
}
