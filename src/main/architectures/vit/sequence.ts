/** Tokens of a vision transformer, before its blocks and behind them. Sequences are [N, tokens, width]. */
import type { TokenPieces } from './pieces'
import { prefixTokens, type Vit } from './layout'

/** All tokens of an image. @param patches [N, grid², width], without positions. */
export function embedded(patches: string, vit: Vit, pieces: TokenPieces): string {
  const { graph } = pieces
  const batch = graph.node('Shape', 'tokens.batch', [patches], { start: 0, end: 1 })
  const expanded = (name: string, count: number): string => {
    const rest = pieces.integers([count, vit.width])
    const shape = graph.node('Concat', `${name}.shape`, [batch, rest], { axis: 0 })
    return graph.node('Expand', `${name}.expand`, [pieces.parameter(name), shape])
  }
  const placed = (x: string): string => graph.node('Add', 'pos_embed.add', [x, pieces.parameter('pos_embed')])

  const first = vit.classToken ? [expanded('cls_token', 1)] : []
  const dist = vit.distToken ? [expanded('dist_token', 1)] : []
  const registers = vit.registers > 0 ? [expanded('reg_token', vit.registers)] : []
  const prefix = [...first, ...dist, ...registers]
  if (vit.positions === 'patches') return joined('tokens', [...prefix, placed(patches)], pieces)
  if (vit.positions === 'all') return placed(joined('tokens', [...prefix, patches], pieces))
  // DINOv2: registers come in between, after the positions.
  const all = placed(joined('tokens.placed', [...first, patches], pieces))
  const head = sliced(all, 'tokens.class', 0, 1, pieces)
  const tail = sliced(all, 'tokens.patches', 1, 1 + vit.grid ** 2, pieces)
  return joined('tokens', [head, ...registers, tail], pieces)
}

/** The final norm, and what the classifiers take. */
export interface Pooled {
  /** [N, features] */
  readonly features: string
  /** The distillation token [N, width]. */
  readonly distilled: () => string
}

/** @param blocks sequences behind each block. */
export function pooled(
  blocks: readonly string[],
  vit: Vit,
  norm: (x: string) => string,
  pieces: TokenPieces
): Pooled {
  // Class tokens of earlier blocks go through the one norm together with the last block's tokens.
  const earlier =
    vit.pooling === 'tokens-average'
      ? blocks.slice(-4, -1).map((x, i) => sliced(x, `pool.token${String(i)}`, 0, 1, pieces))
      : []
  const x = norm(joined('pool.tokens', [...earlier, ...blocks.slice(-1)], pieces))
  const flat = (name: string, start: number, end: number): string => {
    const tokens = sliced(x, name, start, end, pieces)
    return pieces.graph.node('Flatten', `${name}.flatten`, [tokens], { axis: 1 })
  }
  const average = (): string => {
    const start = earlier.length + prefixTokens(vit)
    const patches = start === 0 ? x : sliced(x, 'pool.patches', start, start + vit.grid ** 2, pieces)
    const axes = pieces.integers([1])
    return pieces.graph.node('ReduceMean', 'pool.average', [patches, axes], { keepdims: 0 })
  }
  const tokens = (): string => flat('pool.token', 0, earlier.length + 1)
  const features = (): string => {
    if (vit.pooling === 'token') return tokens()
    if (vit.pooling === 'average') return average()
    return joined('pool', [tokens(), average()], pieces)
  }
  return { features: features(), distilled: () => flat('pool.dist', 1, 2) }
}

/** Tokens from `start` up to, not including, `end`. */
function sliced(x: string, name: string, start: number, end: number, pieces: TokenPieces): string {
  const bounds = [[start], [end], [1]].map((list) => pieces.integers(list))
  return pieces.graph.node('Slice', name, [x, ...bounds])
}

/** One behind the other along axis 1. */
function joined(name: string, values: readonly string[], { graph }: TokenPieces): string {
  const [only, ...others] = values
  return only !== undefined && others.length === 0 ? only : graph.node('Concat', name, values, { axis: 1 })
}
