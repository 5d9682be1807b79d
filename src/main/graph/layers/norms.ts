/** Normalisations: as one operator, and written out by exporters. */
import type { NodeProto } from '../model'
import { isFloating, sizeOf } from '../tensors'
import type { GraphValues } from '../values'
import { floatsAt, follow, vectorAt, vectorOperand } from './parts'
import type { Found, Part } from './types'

/** Inputs of scale and shift; the operators of com.microsoft are made by ONNX Runtime's optimiser. */
const OPERATORS: Readonly<Record<string, readonly [scale: number, shift: number]>> = {
  BatchNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  LayerNormalization: [1, 2],
  GroupNormalization: [1, 2],
  GroupNorm: [1, 2],
  RMSNormalization: [1, 2],
  SimplifiedLayerNormalization: [1, 2],
  SkipLayerNormalization: [2, 3],
  SkipSimplifiedLayerNormalization: [2, -1]
}

const TRANSPARENT: ReadonlySet<string> = new Set(['Cast', 'Identity', 'Transpose', 'Reshape'])
const SAME_PLACE: ReadonlySet<string> = new Set(['Cast', 'Identity'])

/** Null: the node is no normalisation with parameters, and no last step of one. */
export function normLayer(node: NodeProto, index: number, values: GraphValues): Found | null {
  const inputs = OPERATORS[node.opType]
  if (inputs !== undefined) return operator(node, index, inputs, values)
  return node.opType === 'Mul' ? writtenOut(node, index, values) : null
}

function operator(
  node: NodeProto,
  index: number,
  [scale, shift]: readonly [number, number],
  values: GraphValues
): Found | null {
  if (isWithoutParameters(node, values)) return null
  const parts = [
    ...vectorAt('weight', node, index, scale, values),
    ...vectorAt('bias', node, index, shift, values),
    ...(node.opType === 'BatchNormalization'
      ? [
          ...vectorAt('running_mean', node, index, 3, values),
          ...vectorAt('running_var', node, index, 4, values)
        ]
      : [])
  ]
  return parts[0]?.role === 'weight' ? { kind: 'norm', node, index, parts, again: [] } : null
}

/**
 * Exporters give norms that have no parameters a scale of ones and a shift of zeros, under names of their own making;
 * so they do where a group norm is written as Reshape, InstanceNormalization, Reshape, Mul, Add.
 */
function isWithoutParameters(node: NodeProto, values: GraphValues): boolean {
  if (node.opType === 'BatchNormalization') return false
  const scale = floatsAt(node, 1, values)
  const shift = floatsAt(node, 2, values)
  const named = [scale, shift].some((constant) => constant?.names.some((name) => /\.\w+$/.test(name)))
  if (scale === null || named) return false
  return scale.read().every((value) => value === 1) && (shift?.read().every((value) => value === 0) ?? true)
}

/** The Mul that scales what was normalised, and the Add behind it. */
function writtenOut(node: NodeProto, index: number, values: GraphValues): Found | null {
  const scale = vectorOperand(node, values)
  if (scale === null) return null
  const weight = vectorAt('weight', node, index, scale.input, values)
  if (isNormalised(scale.other, values)) {
    const next = follow(node.output[0], SAME_PLACE, values)
    const shift = next?.node.opType === 'Add' ? vectorOperand(next.node, values) : null
    const bias =
      next === null || shift === null ? [] : vectorAt('bias', next.node, next.index, shift.input, values)
    return { kind: 'norm', node, index, parts: [...weight, ...bias], again: [] }
  }
  if (!isInverseDeviation(scale.other, values)) return null
  return { kind: 'norm', node, index, parts: [...weight, ...foldedShift(node, values)], again: [] }
}

/** TensorFlow: x · w + (b − mean · w) with w = scale / deviation. */
function foldedShift(node: NodeProto, values: GraphValues): Part[] {
  const [factor = ''] = node.output
  for (const use of values.usesOf(factor)) {
    const mul = values.graph.node[use.node]
    for (const next of mul?.opType === 'Mul' ? values.usesOf(mul.output[0] ?? '') : []) {
      const sub = values.graph.node[next.node]
      if (sub?.opType === 'Sub' && next.input === 1) return vectorAt('bias', sub, next.node, 0, values)
    }
  }
  return []
}

function isNormalised(name: string, values: GraphValues): boolean {
  const node = producerThrough(name, TRANSPARENT, values)
  const [a = '', b = ''] = node?.input ?? []
  switch (node?.opType) {
    case 'Div':
      return isDeviation(b, values)
    case 'Mul':
      return isInverseDeviation(a, values) || isInverseDeviation(b, values)
    case 'MeanVarianceNormalization':
      return true
    default:
      return node !== null && OPERATORS[node.opType] !== undefined && isWithoutParameters(node, values)
  }
}

/** 1 / √variance: Reciprocal, Div or Pow. */
function isInverseDeviation(name: string, values: GraphValues): boolean {
  const node = producerThrough(name, SAME_PLACE, values)
  const [a = '', b = ''] = node?.input ?? []
  switch (node?.opType) {
    case 'Reciprocal':
      return isDeviation(a, values)
    case 'Div':
      return !values.varies(a) && isDeviation(b, values)
    case 'Pow':
      return isScalar(b, -0.5, values) && isVariance(a, values, 4)
    default:
      return false
  }
}

function isDeviation(name: string, values: GraphValues): boolean {
  const node = producerThrough(name, SAME_PLACE, values)
  const [a = '', b = ''] = node?.input ?? []
  switch (node?.opType) {
    case 'Sqrt':
      return isVariance(a, values, 4)
    case 'Pow':
      return isScalar(b, 0.5, values) && isVariance(a, values, 4)
    // ε may stand outside the root.
    case 'Add':
    case 'Max':
    case 'Clip':
      return node.input.some((input) => values.varies(input) && isDeviation(input, values))
    default:
      return false
  }
}

/** A mean of squares, with ε. */
function isVariance(name: string, values: GraphValues, steps: number): boolean {
  if (steps === 0 || !values.varies(name)) return false
  const node = values.producer(name)
  switch (node?.opType) {
    case 'ReduceMean':
    case 'ReduceSum':
    case 'ReduceSumSquare':
    case 'GlobalAveragePool':
      return true
    case 'Add':
    case 'Sub':
    case 'Max':
    case 'Clip':
    case 'Div':
    case 'Mul':
    case 'Cast':
    case 'Identity':
      return node.input.some((input) => isVariance(input, values, steps - 1))
    default:
      return false
  }
}

function isScalar(name: string, value: number, values: GraphValues): boolean {
  const constant = values.constant(name)
  if (constant === null || !isFloating(constant.dataType) || sizeOf(constant.shape) !== 1) return false
  return constant.read()[0] === value
}

function producerThrough(name: string, through: ReadonlySet<string>, values: GraphValues): NodeProto | null {
  let node = values.producer(name)
  while (node !== null && through.has(node.opType)) node = values.producer(node.input[0] ?? '')
  return node
}
