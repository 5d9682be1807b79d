import type { NodeProto } from '../model'
import { integerAttribute } from '../values'
import type { Found, Part } from './types'

/**
 * One matrix used twice, turned alike, is one layer; equal vectors (zero biases, unit scales) shared by an exporter are
 * not.
 */
export function shareWeight(a: Found, b: Found): boolean {
  const weight = a.parts[0]
  return (
    weight !== undefined &&
    a.kind === b.kind &&
    weight.tensor.dims.length > 1 &&
    weight.tensor === b.parts[0]?.tensor &&
    turnedOnTheWay(a.node, weight) === turnedOnTheWay(b.node, b.parts[0])
  )
}

/** Whether the node's input is the transpose of the stored matrix. */
function turnedOnTheWay(node: NodeProto, { transposed }: Part): boolean {
  return transposed !== nodeTakesTransposed(node)
}

/** Gemm with transB takes [out, in], as PyTorch keeps it; Gemm without and MatMul take [in, out]. */
export function nodeTakesTransposed(node: NodeProto): boolean {
  return node.opType === 'MatMul' || (node.opType === 'Gemm' && integerAttribute(node, 'transB', 0) === 0)
}
