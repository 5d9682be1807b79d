/** The layer that a node by itself is. */
import type { LayerKind } from '@shared/contract/model'
import type { NodeProto } from '../model'
import { integerAttribute, type GraphValues } from '../values'
import type { Found, ParameterRole, Part } from './types'

export function layerOf(node: NodeProto, index: number, values: GraphValues): Found | null {
  const part = (role: ParameterRole, input: number): Part[] => {
    const value = node.input[input]
    const constant = value === undefined || value === '' ? null : values.constant(value)
    if (value === undefined || constant === null) return []
    return [{ role, value, ...constant, uses: [{ node: index, input }] }]
  }
  const layer = (kind: LayerKind, parts: Part[]): Found | null =>
    parts[0]?.role === 'weight' ? { kind, node, index, parts } : null
  switch (node.opType) {
    case 'Conv':
      return layer('conv', [...part('weight', 1), ...part('bias', 2)])
    case 'BatchNormalization':
      return layer('norm', [
        ...part('weight', 1),
        ...part('bias', 2),
        ...part('running_mean', 3),
        ...part('running_var', 4)
      ])
    case 'Gemm':
      return layer('linear', [
        ...part('weight', 1).map((p) => ({
          ...p,
          transposed: p.transposed !== (integerAttribute(node, 'transB', 0) === 0)
        })),
        ...part('bias', 2)
      ])
    case 'MatMul':
      return layer('linear', [
        ...part('weight', 1)
          .filter((p) => p.tensor.dims.length === 2)
          .map((p) => ({ ...p, transposed: !p.transposed })),
        ...addedBias(node, values)
      ])
    default:
      return null
  }
}

/** MatMul's bias is a constant vector in the Add behind it. */
function addedBias(node: NodeProto, values: GraphValues): Part[] {
  const [output] = node.output
  const uses = output === undefined ? [] : values.usesOf(output)
  const [use] = uses
  const add = use === undefined ? undefined : values.graph.node[use.node]
  if (uses.length !== 1 || use === undefined || add?.opType !== 'Add') return []
  const input = 1 - use.input
  const value = add.input[input]
  const constant = value === undefined ? null : values.constant(value)
  if (value === undefined || constant?.tensor.dims.length !== 1) return []
  return [{ role: 'bias', value, ...constant, uses: [{ node: use.node, input }] }]
}
