/**
 * Values that are stored tensors in another arrangement. Exporters put operators between a weight and the node that
 * takes it: Transpose, Reshape, Cast, Identity, Concat.
 */
import {
  concatenate,
  flattenedShape,
  permute,
  positive,
  reshapedShape,
  squeezedShape,
  unsqueezedShape
} from './arrays'
import type { NodeProto, TensorProto } from './model'
import { attribute, integerAttribute, integersAttribute } from './nodes'
import { isFloating, readFloats, readIntegers, shapeOf } from './tensors'

export interface Constant {
  /** The stored tensors that it is made of: one, unless several are joined. */
  readonly tensors: readonly TensorProto[]
  /** Names that the value has on its way, the nearest to the use first, the stored tensor's last. */
  readonly names: readonly string[]
  /** Equal for equal arrangements of the same tensors. */
  readonly key: string
  readonly shape: readonly number[]
  /** Of the values as they are used: TensorProto.DataType. */
  readonly dataType: number
  /** Row-major float32 in `shape`; computed each time. */
  read(): Float32Array
}

/** What is known of a graph's values while they are read. */
interface Values {
  stored(name: string): TensorProto | null
  producer(name: string): NodeProto | null
  constant(name: string): Constant | null
}

/** Null: it is no such value. */
export function readConstant(name: string, values: Values): Constant | null {
  const tensor = values.stored(name)
  if (tensor !== null) {
    return {
      tensors: [tensor],
      names: [name],
      key: name,
      shape: shapeOf(tensor),
      dataType: tensor.dataType,
      read: () => readFloats(tensor)
    }
  }
  const node = values.producer(name)
  if (node === null || node.output[0] !== name) return null
  if (node.opType === 'Concat') return joined(name, node, values)
  const [input] = node.input
  const source = input === undefined ? null : values.constant(input)
  if (source === null) return null
  const named = { ...source, names: [name, ...source.names] }
  switch (node.opType) {
    case 'Identity':
      return named
    case 'Cast': {
      const dataType = integerAttribute(node, 'to', source.dataType)
      return isFloating(dataType) && isFloating(source.dataType) ? { ...named, dataType } : null
    }
    case 'Transpose': {
      const order = integersAttribute(node, 'perm', [...source.shape.keys()].toReversed())
      return {
        ...named,
        key: `transpose(${source.key};${order.join(',')})`,
        shape: order.map((axis) => source.shape[axis] ?? 1),
        read: () => permute(source.read(), source.shape, order)
      }
    }
    default: {
      const shape = shapeAfter(node, source.shape, values)
      return shape === null ? null : { ...named, key: `shape(${source.key};${shape.join(',')})`, shape }
    }
  }
}

/** The shape after an operator that leaves values in their order; null: it is no such operator. */
function shapeAfter(node: NodeProto, shape: readonly number[], values: Values): number[] | null {
  switch (node.opType) {
    case 'Reshape': {
      const target = integersOf(node.input[1], values)
      return target === null ? null : reshapedShape(shape, target)
    }
    case 'Flatten':
      return flattenedShape(shape, integerAttribute(node, 'axis', 1))
    case 'Squeeze':
      return squeezedShape(shape, axesOf(node, values))
    case 'Unsqueeze': {
      const axes = axesOf(node, values)
      return axes === null ? null : unsqueezedShape(shape, axes)
    }
    default:
      return null
  }
}

/** Axes are an attribute up to operator set 12, then an input. */
function axesOf(node: NodeProto, values: Values): readonly number[] | null {
  return attribute(node, 'axes') === undefined
    ? integersOf(node.input[1], values)
    : integersAttribute(node, 'axes', [])
}

/** Whole numbers that are stored, e.g. a target shape. */
function integersOf(name: string | undefined, values: Values): number[] | null {
  const tensors = name === undefined ? undefined : values.constant(name)?.tensors
  const [tensor, other] = tensors ?? []
  return tensor === undefined || other !== undefined ? null : readIntegers(tensor)
}

function joined(name: string, node: NodeProto, values: Values): Constant | null {
  const parts = node.input.map((input) => values.constant(input))
  const [first] = parts
  if (first === undefined || first === null || !parts.every((part) => part !== null)) return null
  const axis = positive(integerAttribute(node, 'axis', 0), first.shape.length)
  const length = parts.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0)
  return {
    tensors: parts.flatMap(({ tensors }) => tensors),
    names: [name, ...parts.flatMap(({ names }) => names)],
    key: `concat(${parts.map(({ key }) => key).join(';')};${String(axis)})`,
    shape: first.shape.with(axis, length),
    dataType: first.dataType,
    read: () =>
      concatenate(
        parts.map((part) => ({ shape: part.shape, values: part.read() })),
        axis
      )
  }
}
