/** What a vision transformer's tensors say about it. */
import type { Hints, TensorShapes } from '../types'

/** Which tokens have a position: all, the patches alone, or class token and patches (registers have none). */
export type Positions = 'all' | 'patches' | 'class'

/**
 * What the classifier sees: the class token, the mean of the patches, the two one behind the other, or the class tokens
 * of the last four blocks before the mean.
 */
export type Pooling = 'token' | 'average' | 'token-average' | 'tokens-average'

/** Vectors of the network's width that the classifier takes. */
export const POOLED: Readonly<Record<Pooling, number>> = {
  token: 1,
  average: 1,
  'token-average': 2,
  'tokens-average': 5
}

/** What the user can choose where the tensors fit both. */
export const POOLING_CHOICES: Readonly<Record<string, Pooling>> = {
  'vit:class-token': 'token',
  'vit:average': 'average'
}

export interface Vit {
  readonly width: number
  readonly depth: number
  /** Rows of `mlp.fc1.weight`. */
  readonly hidden: number
  /** SwiGLU: `fc1` makes gates and values, `fc2` takes half as many. */
  readonly gated: boolean
  readonly patch: number
  /** Patches along a side. */
  readonly grid: number
  readonly classToken: boolean
  readonly distToken: boolean
  /** Register tokens. */
  readonly registers: number
  readonly positions: Positions
  readonly pooling: Pooling
  readonly classes: number
  /** Optional tensors that are there; of blocks without their number: `blocks.attn.qkv.bias`. */
  readonly parts: ReadonlySet<string>
}

const BLOCK = /^blocks\.(\d+)\./

/** Tokens before the patches. */
export function prefixTokens({ classToken, distToken, registers }: Vit): number {
  return Number(classToken) + Number(distToken) + registers
}

/** Null: the tensors are no vision transformer's. */
export function layoutOf(shapes: TensorShapes, hints: Hints): Vit | null {
  const projection = shapes.get('patch_embed.proj.weight')
  if (projection?.length !== 4) return null
  const parts = new Set([...shapes.keys()].map((name) => name.replace(BLOCK, 'blocks.')))
  if (!parts.has('blocks.attn.qkv.weight')) return null
  const [width = 0, , patch = 0] = projection
  const hidden = anyBlock(shapes, 'mlp.fc1.weight')?.[0] ?? 0
  const depth = depthOf(shapes)
  const given = {
    width,
    patch,
    hidden,
    depth,
    gated: hidden > 0 && anyBlock(shapes, 'mlp.fc2.weight')?.[1] === hidden / 2,
    classToken: shapes.has('cls_token'),
    distToken: shapes.has('dist_token'),
    registers: shapes.get('reg_token')?.[1] ?? 0,
    pooling: poolingOf(shapes, parts, { width, depth }, hints),
    classes: shapes.get('head.weight')?.[0] ?? 0,
    parts
  }
  const length = shapes.get('pos_embed')?.[1] ?? 0
  const size = hints.config?.preprocessing.inputSize ?? null
  return { ...given, ...placesOf(given, length, size === null ? null : size / patch) }
}

/** Blocks are counted by the highest number; a number beyond that of all tensors is none. */
function depthOf(shapes: TensorShapes): number {
  let depth = 0
  for (const name of shapes.keys()) {
    const index = Number(BLOCK.exec(name)?.[1] ?? -1)
    if (index < shapes.size) depth = Math.max(depth, index + 1)
  }
  return depth
}

/** Shape of a tensor that all blocks have, by the first block that has it. */
function anyBlock(shapes: TensorShapes, name: string): readonly number[] | undefined {
  const first = shapes.get(`blocks.0.${name}`)
  if (first !== undefined) return first
  return [...shapes].find(([key]) => key.replace(BLOCK, '') === name)?.[1]
}

/**
 * timm: a norm after pooling, no class token, or the config's word means the average of the patches. DINOv2, which has LayerScale, puts
 * class tokens and average one behind the other (the first DINO mixes them otherwise).
 */
function poolingOf(
  shapes: TensorShapes,
  parts: ReadonlySet<string>,
  { width, depth }: Pick<Vit, 'width' | 'depth'>,
  { choice, config }: Hints
): Pooling {
  if (!shapes.has('cls_token')) return 'average'
  const features = parts.has('blocks.ls1.gamma') ? shapes.get('head.weight')?.[1] : width
  if (features === POOLED['token-average'] * width) return 'token-average'
  if (depth >= 4 && features === POOLED['tokens-average'] * width) return 'tokens-average'
  const chosen = choice === undefined ? undefined : POOLING_CHOICES[choice]
  return chosen ?? (shapes.has('fc_norm.weight') || config?.pooling === 'avg' ? 'average' : 'token')
}

/**
 * The square grid of patches, and which tokens have a position.
 * @param length positions. @param expected grid by the config's input size, where there is one.
 */
function placesOf(
  { classToken, distToken, registers }: Pick<Vit, 'classToken' | 'distToken' | 'registers'>,
  length: number,
  expected: number | null
): Pick<Vit, 'grid' | 'positions'> {
  const prefix = Number(classToken) + Number(distToken) + registers
  const ways: readonly (readonly [Positions, number])[] = [
    ['patches', length],
    ['all', length - prefix],
    ['class', classToken && registers > 0 ? length - 1 : 0]
  ]
  const square = ways
    .map(([positions, patches]) => ({ positions, grid: Math.sqrt(patches) }))
    .filter(({ grid }) => grid >= 1 && Number.isInteger(grid))
  // Where the grid is not square the nearest one is told as expected.
  return (
    square.find(({ grid }) => grid === expected) ??
    square[0] ?? { positions: 'all', grid: Math.max(1, Math.floor(Math.sqrt(length - prefix) || 1)) }
  )
}
