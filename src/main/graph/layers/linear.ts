/** Convolutions and linear layers, with the bias that stands in a node behind them. */
import { lengthsOf, positive } from '../arrays'
import type { NodeProto } from '../model'
import { integerAttribute } from '../nodes'
import { sizeOf } from '../tensors'
import type { GraphValues } from '../values'
import { floatsAt, follow, partAt, vectorAt } from './parts'
import type { Found, Part } from './types'

/** Null: the node is none of them. */
export function linearLayer(node: NodeProto, index: number, values: GraphValues): Found | null {
  switch (node.opType) {
    case 'Conv':
    case 'FusedConv':
    case 'ConvTranspose':
      return convolution(node, index, values)
    case 'Gemm':
    case 'FusedGemm':
      return gemm(node, index, values)
    case 'MatMul':
    case 'FusedMatMul':
      return product(node, index, values)
    // Fused by ONNX Runtime's optimiser: the projection to queries, keys and values, [in, out].
    case 'Attention':
      return node.domain === 'com.microsoft'
        ? found('linear', node, index, [
            ...turned(partAt('weight', node, index, 1, values)),
            ...partAt('bias', node, index, 2, values)
          ])
        : null
    default:
      return null
  }
}

function found(kind: Found['kind'], node: NodeProto, index: number, parts: readonly Part[]): Found | null {
  return parts[0]?.role === 'weight' ? { kind, node, index, parts, again: [] } : null
}

/** PyTorch keeps matrices as [out, in]; this node takes [in, out]. */
function turned(parts: readonly Part[]): Part[] {
  return parts.map((part) => ({ ...part, shape: part.shape.toReversed(), transposed: true }))
}

function convolution(node: NodeProto, index: number, values: GraphValues): Found | null {
  const weight = partAt('weight', node, index, 1, values)
  const bias = vectorAt('bias', node, index, 2, values)
  return found('conv', node, index, [...weight, ...(bias.length > 0 ? bias : channelBias(node, values))])
}

/** Converters from TensorFlow write a convolution's bias as an Add of [C, 1, 1]. */
function channelBias(node: NodeProto, values: GraphValues): Part[] {
  const shape = floatsAt(node, 1, values)?.shape ?? []
  const groups = integerAttribute(node, 'group', 1)
  const channels = node.opType === 'ConvTranspose' ? groups * (shape[1] ?? 0) : shape[0]
  const next = follow(node.output[0], NOTHING, values)
  if (next?.node.opType !== 'Add') return []
  return addedVector(next, values, (vector) => {
    const axis = vector.findIndex((size) => size !== 1)
    return sizeOf(vector) === channels && vector.length - axis === shape.length - 1
  })
}

const NOTHING: ReadonlySet<string> = new Set()
const REARRANGING: ReadonlySet<string> = new Set(['Reshape', 'Cast', 'Identity'])

function gemm(node: NodeProto, index: number, values: GraphValues): Found | null {
  const weight = partAt('weight', node, index, 1, values)
  const stored = integerAttribute(node, 'transB', 0) === 1 ? weight : turned(weight)
  const bias = vectorAt('bias', node, index, 2, values)
  return found('linear', node, index, [
    ...stored,
    ...(bias.length > 0 ? bias : rowBias(node, weight, values))
  ])
}

/** A product with one constant matrix; with two, the right one is the weight. */
function product(node: NodeProto, index: number, values: GraphValues): Found | null {
  const right = matrix(partAt('weight', node, index, 1, values))
  if (right.length > 0 && integerAttribute(node, 'transB', 0) === 0) {
    return found('linear', node, index, [...turned(right), ...rowBias(node, right, values)])
  }
  const left = matrix(partAt('weight', node, index, 0, values))
  const other = node.input[1]
  if (left.length === 0 || other === undefined || !values.varies(other)) return null
  return found('linear', node, index, [...left, ...columnBias(node, left, values)])
}

/** Axes of size 1 before the matrix say nothing. */
function matrix(parts: readonly Part[]): Part[] {
  return parts
    .filter(({ shape }) => shape.length >= 2 && lengthsOf(shape.slice(0, -2)).length === 0)
    .map((part) => ({ ...part, shape: part.shape.slice(-2) }))
}

/** Behind x W, W [in, out]: a vector along the last axis. */
function rowBias(node: NodeProto, [weight]: readonly Part[], values: GraphValues): Part[] {
  const outputs = node.opType === 'Gemm' && integerAttribute(node, 'transB', 0) === 1 ? 0 : -1
  const next = follow(node.output[0], REARRANGING, values)
  if (next === null) return []
  if (/^(Bias|Fast)Gelu$/.test(next.node.opType)) return vectorAt('bias', next.node, next.index, 1, values)
  if (next.node.opType !== 'Add') return []
  return addedVector(
    next,
    values,
    (vector) => sizeOf(vector) === weight?.shape.at(outputs) && vector.at(-1) === sizeOf(vector)
  )
}

/** Behind W x, W [out, in]: a vector along the axis before the last. */
function columnBias(node: NodeProto, [weight]: readonly Part[], values: GraphValues): Part[] {
  const next = follow(node.output[0], NOTHING, values)
  if (next?.node.opType !== 'Add') return []
  return addedVector(
    next,
    values,
    (vector) => sizeOf(vector) === weight?.shape[0] && vector[positive(-2, vector.length)] === sizeOf(vector)
  )
}

function addedVector(
  { node, index }: { readonly node: NodeProto; readonly index: number },
  values: GraphValues,
  fits: (shape: readonly number[]) => boolean
): Part[] {
  const input = [0, 1].find((candidate) => floatsAt(node, candidate, values) !== null)
  if (input === undefined) return []
  return vectorAt('bias', node, index, input, values).filter(({ constant }) => fits(constant.shape))
}
