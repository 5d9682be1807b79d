/** A layer's parameters, as node inputs hold them. */
import { lengthsOf } from '../arrays'
import type { Constant } from '../constants'
import type { NodeProto } from '../model'
import { isFloating, sizeOf } from '../tensors'
import type { GraphValues } from '../values'
import type { ParameterRole, Part } from './types'

/** A floating-point constant at a node's input; null: there is none. */
export function floatsAt(node: NodeProto, input: number, values: GraphValues): Constant | null {
  const name = node.input[input]
  const constant = name === undefined || name === '' ? null : values.constant(name)
  return constant !== null && isFloating(constant.dataType) ? constant : null
}

/** A parameter in the shape that the node takes it; none where the input is no constant. */
export function partAt(
  role: ParameterRole,
  node: NodeProto,
  index: number,
  input: number,
  values: GraphValues
): Part[] {
  const constant = floatsAt(node, input, values)
  if (constant === null) return []
  return [{ role, constant, shape: constant.shape, transposed: false, uses: [{ node: index, input }] }]
}

/** Likewise, a vector without the axes of size 1 that fit it to its place. */
export function vectorAt(...place: Parameters<typeof partAt>): Part[] {
  return partAt(...place).map((part) => ({ ...part, shape: vectorShape(part.shape) }))
}

export function vectorShape(shape: readonly number[]): readonly number[] {
  return lengthsOf(shape).length > 1 ? shape : [sizeOf(shape)]
}

/** A constant with one axis longer than 1. */
export function isVector({ shape }: Pick<Constant, 'shape'>): boolean {
  return lengthsOf(shape).length === 1
}

/** Of a node with two operands: the vector among them and the other value; null where there is no such pair. */
export function vectorOperand(
  node: NodeProto,
  values: GraphValues
): { readonly input: number; readonly constant: Constant; readonly other: string } | null {
  for (const input of [0, 1]) {
    const constant = floatsAt(node, input, values)
    const other = node.input[1 - input]
    if (constant === null || other === undefined || !isVector(constant) || !values.varies(other)) continue
    return { input, constant, other }
  }
  return null
}

/** What follows a value through operators that only arrange it, as long as nothing else takes it. */
export function follow(
  value: string | undefined,
  through: ReadonlySet<string>,
  values: GraphValues
): { readonly node: NodeProto; readonly index: number } | null {
  let current = value
  for (;;) {
    const next = values.onlyUse(current)
    if (next === null) return null
    if (!through.has(next.node.opType) || next.use.input !== 0)
      return { node: next.node, index: next.use.node }
    current = next.node.output[0]
  }
}
