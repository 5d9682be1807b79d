/** The shapes that an operator puts out. */
import { flattenedShape, positive, reshapedShape, squeezedShape, unsqueezedShape } from '../arrays'
import type { NodeProto } from '../model'
import { attribute, integerAttribute, integersAttribute } from '../nodes'
import { convolvedShape, pooledShape, transposeConvolvedShape } from './windows'
import type { Known, Shape } from './types'

const SAME_SHAPE = new Set([
  'Relu', 'LeakyRelu', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh', 'Clip', 'Elu', 'Selu', 'Celu', 'Gelu', 'FastGelu',
  'BiasGelu', 'QuickGelu', 'Swish', 'Erf', 'Softmax', 'LogSoftmax', 'Identity', 'Dropout', 'BatchNormalization',
  'InstanceNormalization', 'LayerNormalization', 'GroupNormalization', 'GroupNorm', 'RMSNormalization',
  'SimplifiedLayerNormalization', 'SkipLayerNormalization', 'SkipSimplifiedLayerNormalization',
  'MeanVarianceNormalization', 'Cast', 'Sqrt', 'Reciprocal', 'Exp', 'Log', 'Neg', 'Abs', 'Sign', 'Not', 'Floor', 'Ceil',
  'Round', 'Sin', 'Cos', 'Mish', 'Softplus', 'Softsign', 'CumSum', 'ScatterND'
]) // prettier-ignore
const BROADCAST = new Set([
  'Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Sum', 'Mean', 'Mod', 'Where', 'Equal', 'Less', 'Greater', 'And', 'Or',
  'PRelu', 'LessOrEqual', 'GreaterOrEqual'
]) // prettier-ignore

/** One an output; none where they cannot be told. */
export function shapesOf(node: NodeProto, known: Known): readonly (Shape | undefined)[] {
  const [first] = node.input
  const shape = known.shape(first)
  if (BROADCAST.has(node.opType)) return one(broadcast(node.input.map((name) => known.shape(name))))
  if (node.opType === 'Expand') {
    const target = known.numbers(node.input[1])?.values
    return target === undefined ? [] : one(broadcast([shape, target]))
  }
  if (node.opType === 'Range') return one(ranged(node, known))
  if (node.opType === 'ConstantOfShape') return one(known.numbers(first)?.values)
  if (shape === null) return []
  if (SAME_SHAPE.has(node.opType)) return [shape]
  if (node.opType.startsWith('Reduce')) return one(reduced(node, shape, known))
  return node.opType === 'Split' ? split(node, shape, known) : one(shapeAfter(node, shape, known))
}

function ranged(node: NodeProto, known: Known): Shape | null {
  const [start, end, step] = node.input.map((name) => known.numbers(name)?.values[0])
  if (start === undefined || end === undefined || step === undefined || step === 0) return null
  return [Math.max(0, Math.ceil((end - start) / step))]
}

const one = (shape: Shape | null | undefined): Shape[] =>
  shape === null || shape === undefined ? [] : [shape]

function shapeAfter(node: NodeProto, shape: Shape, known: Known): Shape | null | undefined {
  const numbers = (input: number): readonly number[] | undefined => known.numbers(node.input[input])?.values
  switch (node.opType) {
    case 'Conv':
    case 'FusedConv':
      return convolvedShape(node, shape, known.shape(node.input[1]))
    case 'ConvTranspose':
      return transposeConvolvedShape(node, shape, known.shape(node.input[1]))
    case 'MaxPool':
    case 'AveragePool':
    case 'LpPool':
      return pooledShape(node, shape, integersAttribute(node, 'kernel_shape', []), shape[1] ?? 0)
    case 'GlobalAveragePool':
    case 'GlobalMaxPool':
      return [...shape.slice(0, 2), ...shape.slice(2).map(() => 1)]
    case 'Flatten':
      return flattenedShape(shape, integerAttribute(node, 'axis', 1))
    case 'Reshape': {
      const target = numbers(1)
      return target === undefined ? null : reshapedShape(shape, target)
    }
    case 'Squeeze':
      return squeezedShape(shape, axesOf(node, known) ?? null)
    case 'Unsqueeze': {
      const axes = axesOf(node, known)
      return axes === undefined ? null : unsqueezedShape(shape, axes)
    }
    case 'Transpose':
      return integersAttribute(node, 'perm', [...shape.keys()].toReversed()).map((axis) => shape[axis] ?? 1)
    case 'Gemm':
    case 'FusedGemm':
      return gemm(node, shape, known.shape(node.input[1]))
    case 'MatMul':
    case 'FusedMatMul':
      return product(shape, known.shape(node.input[1]))
    case 'Attention':
      return attended(node, shape, known)
    case 'Concat':
      return joined(node, known)
    case 'Gather': {
      const axis = positive(integerAttribute(node, 'axis', 0), shape.length)
      const places = known.shape(node.input[1])
      return places === null ? null : [...shape.slice(0, axis), ...places, ...shape.slice(axis + 1)]
    }
    case 'Slice':
      return sliced(node, shape, known)
    case 'Tile': {
      const repeats = numbers(1)
      return repeats === undefined ? null : shape.map((size, i) => size * (repeats[i] ?? 1))
    }
    case 'Pad': {
      const pads = numbers(1) ?? integersAttribute(node, 'pads', [])
      const axes = numbers(3) ?? shape.map((_, axis) => axis)
      if (pads.length !== 2 * axes.length) return null
      const padded = [...shape]
      axes.forEach((axis, i) => {
        padded[positive(axis, shape.length)] =
          (shape[positive(axis, shape.length)] ?? 0) + (pads[i] ?? 0) + (pads[i + axes.length] ?? 0)
      })
      return padded
    }
    case 'Resize': {
      const sizes = numbers(3)
      const scales = numbers(2)
      if (sizes !== undefined && sizes.length === shape.length) return sizes
      if (scales?.length !== shape.length) return null
      return shape.map((size, i) => Math.floor(size * (scales[i] ?? 1)))
    }
    case 'DepthToSpace':
    case 'SpaceToDepth': {
      const size = integerAttribute(node, 'blocksize', 1)
      const factor = node.opType === 'DepthToSpace' ? size : 1 / size
      const [n = 1, c = 1, h = 1, w = 1] = shape
      return [n, c / factor ** 2, h * factor, w * factor]
    }
    default:
      return null
  }
}

function axesOf(node: NodeProto, known: Known): readonly number[] | undefined {
  return attribute(node, 'axes') === undefined
    ? known.numbers(node.input[1])?.values
    : integersAttribute(node, 'axes', [])
}

function broadcast(shapes: readonly (Shape | null)[]): Shape | null {
  let result: number[] = []
  for (const shape of shapes) {
    if (shape === null) return null
    const rank = Math.max(result.length, shape.length)
    const before = result
    result = Array.from({ length: rank }, (_, i) => {
      const a = before[i - (rank - before.length)] ?? 1
      const b = shape[i - (rank - shape.length)] ?? 1
      return a === 1 ? b : a
    })
  }
  return result
}

function reduced(node: NodeProto, shape: Shape, known: Known): Shape | null {
  const axes = axesOf(node, known) ?? []
  const gone = new Set(axes.map((axis) => positive(axis, shape.length)))
  const all = gone.size === 0
  if (all && (node.input[1] ?? '') !== '') return null
  if (all && integerAttribute(node, 'noop_with_empty_axes', 0) === 1) return shape
  if (integerAttribute(node, 'keepdims', 1) === 1)
    return shape.map((size, i) => (all || gone.has(i) ? 1 : size))
  return all ? [] : shape.filter((_, i) => !gone.has(i))
}

function split(node: NodeProto, shape: Shape, known: Known): Shape[] {
  const axis = positive(integerAttribute(node, 'axis', 0), shape.length)
  const size = shape[axis] ?? 0
  const parts = node.output.length
  const equal = Array<number>(parts).fill(Math.ceil(size / parts))
  const listed = known.numbers(node.input[1])?.values ?? integersAttribute(node, 'split', equal)
  return node.output.map((_, i) => shape.with(axis, listed[i] ?? 0))
}

function gemm(node: NodeProto, a: Shape, b: Shape | null): Shape | null {
  const rows = integerAttribute(node, 'transA', 0) === 1 ? a[1] : a[0]
  const columns = integerAttribute(node, 'transB', 0) === 1 ? b?.[0] : b?.[1]
  return rows === undefined || columns === undefined ? null : [rows, columns]
}

function product(a: Shape, b: Shape | null): Shape | null {
  if (b === null || a.length === 0 || b.length === 0) return null
  if (b.length === 1) return a.slice(0, -1)
  if (a.length === 1) return [...b.slice(0, -2), b.at(-1) ?? 1]
  const batch = broadcast([a.slice(0, -2), b.slice(0, -2)])
  return batch === null ? null : [...batch, a.at(-2) ?? 1, b.at(-1) ?? 1]
}

/** ONNX: queries, keys, values; com.microsoft: the input and one matrix [in, 3 · out] for all three. */
function attended(node: NodeProto, shape: Shape, known: Known): Shape | null {
  if (node.domain !== 'com.microsoft') return shape
  const columns = known.shape(node.input[1])?.[1]
  return columns === undefined ? null : [...shape.slice(0, -1), columns / 3]
}

function joined(node: NodeProto, known: Known): Shape | null {
  const shapes = node.input.map((name) => known.shape(name))
  const [first] = shapes
  if (first === undefined || first === null || !shapes.every((shape) => shape !== null)) return null
  const axis = positive(integerAttribute(node, 'axis', 0), first.length)
  return first.with(
    axis,
    shapes.reduce((sum, shape) => sum + (shape[axis] ?? 0), 0)
  )
}

function sliced(node: NodeProto, shape: Shape, known: Known): Shape | null {
  const listed = (input: number, name: string): readonly number[] | undefined =>
    known.numbers(node.input[input])?.values ??
    (attribute(node, name) === undefined ? undefined : integersAttribute(node, name, []))
  const starts = listed(1, 'starts')
  const ends = listed(2, 'ends')
  if (starts === undefined || ends === undefined) return null
  const axes = listed(3, 'axes') ?? starts.map((_, i) => i)
  const steps = listed(4, 'steps') ?? starts.map(() => 1)
  const result = [...shape]
  axes.forEach((axis, i) => {
    const at = positive(axis, shape.length)
    const size = shape[at] ?? 0
    const step = steps[i] ?? 1
    const clamp = (place: number, low: number, high: number): number =>
      Math.min(Math.max(place < 0 ? place + size : place, low), high)
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1]
    const length = (clamp(ends[i] ?? 0, low, high) - clamp(starts[i] ?? 0, low, high)) / step
    result[at] = Math.max(0, Math.ceil(length))
  })
  return result
}
