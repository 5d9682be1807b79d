/**
 * Parameters that belong to no layer with an operator of its own: tokens that are joined to others, positions that are
 * added, tables that are looked up, scales of channels (LayerScale).
 */
import { isParameterName } from './names'
import type { NodeProto, TensorProto } from '../model'
import { isFloating, readFloats, shapeOf, sizeOf } from '../tensors'
import type { GraphValues, Use } from '../values'
import { isVector, partAt, vectorAt, vectorOperand, follow } from './parts'
import type { Found, Part } from './types'

/** Which values come after a layer, and which inputs of nodes belong to one. */
export class Placed {
  private readonly claimed = new Set<string>()
  private readonly after = new Set<string>()
  private readonly layers: ReadonlySet<number>

  constructor(values: GraphValues, found: readonly Found[]) {
    this.layers = new Set(found.map(({ index }) => index))
    for (const { parts } of found) this.claim(parts)
    values.graph.node.forEach((node, index) => {
      const follows = this.layers.has(index) || node.input.some((name) => this.after.has(name))
      if (follows) for (const output of node.output) this.after.add(output)
    })
  }

  claim(parts: readonly Part[]): void {
    for (const { uses } of parts) for (const use of uses) this.claimed.add(keyOf(use))
  }

  isClaimed(use: Use): boolean {
    return this.claimed.has(keyOf(use))
  }

  isLayer(node: number): boolean {
    return this.layers.has(node)
  }

  /** What stands before every layer prepares the image. */
  isAfterLayer(name: string): boolean {
    return this.after.has(name)
  }
}

const keyOf = ({ node, input }: Use): string => `${String(node)}:${String(input)}`

/** Null: the node scales no channels by constants of its own. */
export function scaleLayer(
  node: NodeProto,
  index: number,
  values: GraphValues,
  placed: Placed
): Found | null {
  if (node.opType !== 'Mul') return null
  const scale = vectorOperand(node, values)
  if (scale === null || placed.isClaimed({ node: index, input: scale.input })) return null
  if (!placed.isAfterLayer(scale.other)) return null
  const weight = vectorAt('weight', node, index, scale.input, values)
  return {
    kind: 'scale',
    node,
    index,
    parts: [...weight, ...shiftBehind(node, scale.constant.shape, values)],
    again: []
  }
}

const NOTHING: ReadonlySet<string> = new Set()

/** A batch norm written out, or an affine layer: a shift of the same channels. */
function shiftBehind(node: NodeProto, shape: readonly number[], values: GraphValues): Part[] {
  const next = follow(node.output[0], NOTHING, values)
  const shift = next?.node.opType === 'Add' ? vectorOperand(next.node, values) : null
  if (next === null || shift === null) return []
  const same = channelOf(shift.constant.shape) === channelOf(shape)
  const sizes = sizeOf(shift.constant.shape) === sizeOf(shape)
  return same && sizes ? vectorAt('bias', next.node, next.index, shift.input, values) : []
}

/** The axis of a vector, counted from the end. */
const channelOf = (shape: readonly number[]): number => shape.length - shape.findIndex((size) => size !== 1)

const JOINING: ReadonlySet<string> = new Set(['Add', 'Sub', 'Concat', 'Mul', 'Sum'])

/** Stored tensors that enter at this node, together with what changes with the image. */
export function embeddingLayers(
  node: NodeProto,
  index: number,
  values: GraphValues,
  placed: Placed
): Found[] {
  if (node.opType === 'Gather') return lookedUp(node, index, values, placed)
  if (!JOINING.has(node.opType) || !node.input.some((name) => placed.isAfterLayer(name))) return []
  const leaves = node.input.flatMap((name, input) =>
    values.varies(name) || placed.isClaimed({ node: index, input })
      ? []
      : leavesOf(name, { node: index, input }, values, placed)
  )
  // A product with a table is no embedding; one with a vector that is computed from a parameter is a scale.
  const wanted = leaves.filter(({ tensor, name }) =>
    node.opType === 'Mul' ? isComputedScale(tensor, name) : isEmbedding(tensor, name)
  )
  const kind = node.opType === 'Mul' ? 'scale' : 'embedding'
  return wanted.flatMap((leaf) => asLayer(kind, leaf, node, index, values))
}

interface Leaf {
  readonly name: string
  readonly tensor: TensorProto
  readonly use: Use
}

function asLayer(
  kind: 'embedding' | 'scale',
  { use }: Leaf,
  node: NodeProto,
  index: number,
  values: GraphValues
): Found[] {
  const taker = values.graph.node[use.node]
  const at = kind === 'scale' ? vectorAt : partAt
  const parts = taker === undefined ? [] : at('weight', taker, use.node, use.input, values)
  return parts.length === 0 ? [] : [{ kind, node, index, parts, again: [] }]
}

/** Stored floating-point tensors that a value is computed from, other than through layers. */
function leavesOf(name: string, use: Use, values: GraphValues, placed: Placed): Leaf[] {
  const visited = new Set<string>()
  const visit = (value: string, at: Use): Leaf[] => {
    const key = `${value} ${keyOf(at)}`
    if (value === '' || visited.has(key) || placed.isClaimed(at)) return []
    visited.add(key)
    const tensor = values.stored(value)
    if (tensor !== null) return [{ name: value, tensor, use: at }]
    const index = values.producerIndex(value)
    const node = index === null ? undefined : values.graph.node[index]
    if (index === null || node === undefined || placed.isLayer(index)) return []
    // An exporter that shares equal tensors keeps the name of each behind an Identity.
    const shared = node.opType === 'Identity' && isParameterName(value) ? values.constant(value) : null
    const [own] = shared?.tensors ?? []
    if (own !== undefined) return [{ name: value, tensor: own, use: at }]
    return node.input.flatMap((input, i) => visit(input, { node: index, input: i }))
  }
  return visit(name, use)
}

/** A table that is looked up at computed places. */
function lookedUp(node: NodeProto, index: number, values: GraphValues, placed: Placed): Found[] {
  const [table = '', places = ''] = node.input
  const tensor = values.constant(table)?.tensors[0]
  if (tensor === undefined || !values.varies(places) || !isEmbedding(tensor, table)) return []
  const use = { node: index, input: 0 }
  return placed.isClaimed(use) ? [] : asLayer('embedding', { name: table, tensor, use }, node, index, values)
}

function isEmbedding(tensor: TensorProto, name: string): boolean {
  const shape = shapeOf(tensor)
  return isFloating(tensor.dataType) && shape.length >= 2 && sizeOf(shape) >= 2 && !isMask(tensor, name)
}

/** E.g. Swin V2: the attention is multiplied by exp(min(s, log 100)), one s a head. */
function isComputedScale(tensor: TensorProto, name: string): boolean {
  if (!isFloating(tensor.dataType) || sizeOf(shapeOf(tensor)) < 2 || !isParameterName(name)) return false
  return isVector({ shape: shapeOf(tensor) })
}

/** What is added to attention to hide places: 0 for what is seen, −100 or less for what is not. */
function isMask(tensor: TensorProto, name: string): boolean {
  if (/(^|[._])mask$/.test(name)) return true
  const read = readFloats(tensor)
  return read.some((value) => value <= -100) && read.every((value) => value === 0 || value <= -100)
}
