/** What is perturbed at once: a layer, a part of one, a block, a stage. */
import type { LayerInfo, LayerKind } from './contract/model'

export const UNITS = ['layer', 'part', 'block', 'stage'] as const
export type UnitType = (typeof UNITS)[number]

/** Kinds of layers that are measured where none are named. */
export const DEFAULT_KINDS: readonly LayerKind[] = ['conv', 'linear']

/** First row, and the row behind the last, of every tensor of a layer. */
export type Rows = readonly [from: number, to: number]

export interface UnitMember<Layer extends LayerInfo = LayerInfo> {
  readonly layer: Layer
  /** Null: the whole layer. */
  readonly rows: Rows | null
}

export interface Unit<Layer extends LayerInfo = LayerInfo> {
  /** Unique among the units of a model: a layer's name, `NAME.q` of a part, the path of a block or stage. */
  readonly name: string
  /** For tables; a layer that stands in no block or stage keeps its kind. */
  readonly kind: LayerKind | 'block' | 'stage'
  /** In network order, at least one. */
  readonly members: readonly UnitMember<Layer>[]
}

/**
 * The units of a model, in network order (of their first layers).
 * @param layers in network order. @param kinds null: conv and linear; of blocks and stages, everything in them.
 * @returns none where the model has no such units: see `hasUnits`.
 */
export function unitsIn<Layer extends LayerInfo>(
  layers: readonly Layer[],
  type: UnitType,
  kinds: readonly LayerKind[] | null
): Unit<Layer>[] {
  switch (type) {
    case 'layer':
      return ofKinds(layers, kinds ?? DEFAULT_KINDS).map(alone)
    case 'part':
      return ofKinds(layers, kinds ?? DEFAULT_KINDS).flatMap(partsOf)
    case 'block':
    case 'stage':
      if (!hasUnits(layers, type)) return []
      return grouped(kinds === null ? layers : ofKinds(layers, kinds), type)
  }
}

/** Whether a model has such units: a plain ViT has no stages, a VGG neither stages nor blocks. */
export function hasUnits(layers: readonly LayerInfo[], type: UnitType): boolean {
  return (type !== 'block' && type !== 'stage') || layers.some((layer) => layer[type] !== null)
}

/** Parameters that a unit perturbs; statistics of batch norms are none, as PyTorch counts. */
export function parametersOf({ members }: Unit): number {
  return members.reduce((sum, { layer, rows }) => sum + layer.parameters * share(layer, rows), 0)
}

/** Of a layer's rows; every row has as many parameters. */
function share({ shape }: LayerInfo, rows: Rows | null): number {
  return rows === null ? 1 : (rows[1] - rows[0]) / (shape[0] ?? 1)
}

function ofKinds<Layer extends LayerInfo>(layers: readonly Layer[], kinds: readonly LayerKind[]): Layer[] {
  return layers.filter((layer) => kinds.includes(layer.kind))
}

function alone<Layer extends LayerInfo>(layer: Layer): Unit<Layer> {
  return { name: layer.name, kind: layer.kind, members: [{ layer, rows: null }] }
}

function partsOf<Layer extends LayerInfo>(layer: Layer): Unit<Layer>[] {
  if (!isStackedProjection(layer)) return [alone(layer)]
  const size = (layer.shape[0] ?? 0) / 3
  return ['q', 'k', 'v'].map((part, i) => ({
    name: `${layer.name}.${part}`,
    kind: layer.kind,
    members: [{ layer, rows: [i * size, (i + 1) * size] }]
  }))
}

/**
 * Whether a linear layer is an attention's projection to queries, keys and values, stacked in that order: one matrix
 * [3·D, D]. PyTorch's MultiheadAttention calls it `in_proj`; timm, torchvision, DINO and transformers call it `qkv`,
 * others `to_qkv`. Below `stages`, timm's CoAtNet, MaxViT and TinyViT keep the three of each head together under the
 * same name, so that nothing tells the order there; LeViT's matrix has a name of its own (`qkv.linear`).
 */
export function isStackedProjection({ name, kind, shape }: LayerInfo): boolean {
  const [rows = 0, columns = 0] = shape
  if (kind !== 'linear' || shape.length !== 2 || columns === 0 || rows !== 3 * columns) return false
  if (/(^|\.)stages?([._]?\d+)?\./.test(name)) return false
  return /(^|\.)(to_)?qkv$/.test(name) || /attn|attention/i.test(parentOfProjection(name))
}

/** The module that holds PyTorch's `in_proj_weight`; empty where the name is another. */
function parentOfProjection(name: string): string {
  return /(?:^|\.)([^.]+)\.in_proj$/.exec(name)?.[1] ?? ''
}

function grouped<Layer extends LayerInfo>(layers: readonly Layer[], by: 'block' | 'stage'): Unit<Layer>[] {
  const groups = new Map<string, UnitMember<Layer>[]>()
  const units: Unit<Layer>[] = []
  for (const layer of layers) {
    const name = layer[by]
    if (name === null) {
      units.push(alone(layer))
      continue
    }
    const members = groups.get(name)
    const member = { layer, rows: null }
    if (members !== undefined) {
      members.push(member)
      continue
    }
    const first = [member]
    groups.set(name, first)
    units.push({ name, kind: by, members: first })
  }
  return units
}
