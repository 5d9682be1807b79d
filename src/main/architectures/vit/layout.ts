/** What a vision transformer is made of, as far as its tensors tell. */
import { LinchpinError } from '@shared/errors'
import type { Warning } from '@shared/contract/model'
import type { Hints, TensorShapes } from '../types'

export interface ViT {
  readonly width: number
  readonly depth: number
  readonly heads: number
  readonly patch: number
  /** Patches along one side. */
  readonly grid: number
  /** Tokens before those of the patches, in order, with how many there are of each. */
  readonly tokens: readonly { readonly name: string; readonly count: number }[]
  /** Which tokens get a position: all, those of patches alone, or all but registers, which join afterwards. */
  readonly positions: 'all' | 'patches' | 'not-registers'
  readonly preNorm: boolean
  /** A norm of the whole sequence at its end. */
  readonly norm: boolean
  /** A norm of the pooled features. */
  readonly featureNorm: boolean
  readonly pooling: 'class-token' | 'average' | 'both'
  /** A second classifier, on the distillation token; the logits are the mean of the two. */
  readonly distilled: boolean
  readonly activation: 'gelu' | 'quick-gelu'
  /** ε of the layer norms. */
  readonly epsilon: number
}

export const POOLING_CHOICES = { 'vit:class-token': 'class-token', 'vit:average': 'average' } as const
export const QUICK_GELU = 'vit:quick-gelu'

/** OpenAI's CLIP and its descendants normalise before the first block, with PyTorch's ε; timm's and DINO's use 1e-6. */
const PRE_NORM_EPSILON = 1e-5
const EPSILON = 1e-6

/** Heads of the published sizes whose heads are not 64 wide (arXiv 2010.11929, 2106.04560, 2305.13035). */
const PUBLISHED_HEADS: ReadonlyMap<number, number> = new Map([
  [1152, 16],
  [1280, 16],
  [1408, 16],
  [1664, 16]
])
const USUAL_HEAD_WIDTH = 64

/** Null: the tensors are of another family. @throws OPTION_INVALID for heads that do not divide the width. */
export function layoutOf(shapes: TensorShapes, hints: Hints): { model: ViT; notes: Warning[] } | null {
  const [width = 0, channels, patch = 0, other] = shapes.get('patch_embed.proj.weight') ?? []
  const names = [...shapes.keys()]
  if (patch === 0 || patch !== other || channels !== 3) return null
  if (!names.some((name) => name.startsWith('blocks.0.attn.'))) return null
  const tokens = tokensOf(shapes)
  const { grid, positions } = gridOf(shapes, tokens, hints, patch)
  const norm = shapes.has('norm.weight')
  const featureNorm = shapes.has('fc_norm.weight')
  const classToken = tokens.some(({ name }) => name === 'cls_token')
  const preNorm = shapes.has('norm_pre.weight')
  const { heads, notes } = headsOf(shapes, width, hints)
  const quick = hints.choice === QUICK_GELU || /quickgelu/i.test(hints.config?.architecture ?? '')
  const chosen = Object.entries(POOLING_CHOICES).find(([choice]) => choice === hints.choice)?.[1]
  const model: ViT = {
    width,
    depth: depthOf(names),
    heads,
    patch,
    grid,
    tokens,
    positions,
    preNorm,
    norm: norm || !featureNorm,
    featureNorm,
    pooling:
      shapes.get('head.weight')?.[1] === 2 * width && classToken
        ? 'both'
        : (chosen ?? (classToken && !featureNorm ? 'class-token' : 'average')),
    distilled: shapes.has('head_dist.weight'),
    activation: quick ? 'quick-gelu' : 'gelu',
    epsilon: hints.epsilon ?? (preNorm ? PRE_NORM_EPSILON : EPSILON)
  }
  if (preNorm && !quick && hints.config === null) {
    const message = `The network normalises before its first block, as CLIP's do, whose activation no tensor tells: GELU is taken. Choose ${QUICK_GELU} for weights of OpenAI's.`
    notes.push({ code: 'activation-assumed', message })
  }
  return { model, notes }
}

function depthOf(names: readonly string[]): number {
  let depth = 0
  while (names.some((name) => name.startsWith(`blocks.${String(depth)}.`))) depth++
  return depth
}

function tokensOf(shapes: TensorShapes): ViT['tokens'] {
  return ['cls_token', 'dist_token', 'reg_token'].flatMap((name) => {
    const count = shapes.get(name)?.[1] ?? 0
    return count > 0 ? [{ name, count }] : []
  })
}

/** The patches along a side that the number of positions leaves, a square; 0 where there is none. */
function gridOf(
  shapes: TensorShapes,
  tokens: ViT['tokens'],
  { config }: Hints,
  patch: number
): Pick<ViT, 'grid' | 'positions'> {
  const [, length = 0] = shapes.get('pos_embed') ?? []
  const count = (of: (name: string) => boolean): number =>
    tokens.reduce((sum, token) => sum + (of(token.name) ? token.count : 0), 0)
  const candidates = [
    { positions: 'all', grid: root(length - count(() => true)) },
    { positions: 'not-registers', grid: root(length - count((name) => name !== 'reg_token')) },
    { positions: 'patches', grid: root(length) }
  ] as const
  const fitting = candidates.filter(({ grid }) => Number.isInteger(grid) && grid > 0)
  const size = config?.preprocessing.inputSize ?? null
  return fitting.find(({ grid }) => grid * patch === size) ?? fitting[0] ?? { positions: 'all', grid: 0 }
}

function root(count: number): number {
  return count > 0 ? Math.sqrt(count) : NaN
}

/** The user's or the config's, else what a norm of each head's queries tells, else an assumption with a warning. */
function headsOf(
  shapes: TensorShapes,
  width: number,
  { heads: given, config }: Hints
): { heads: number; notes: Warning[] } {
  const known = given ?? config?.heads ?? null
  if (known !== null) {
    if (Number.isInteger(width / known)) return { heads: known, notes: [] }
    throw new LinchpinError(
      'OPTION_INVALID',
      `${String(known)} attention heads do not divide the width ${String(width)}.`,
      { fix: 'Give the number of attention heads (--heads) of the network.' }
    )
  }
  const [perHead = 0] = shapes.get('blocks.0.attn.q_norm.weight') ?? []
  if (perHead > 0 && perHead < width && width % perHead === 0) return { heads: width / perHead, notes: [] }
  const heads = PUBLISHED_HEADS.get(width) ?? width / USUAL_HEAD_WIDTH
  if (!Number.isInteger(heads)) {
    throw new LinchpinError(
      'OPTION_INVALID',
      `No tensor tells how many attention heads share the width ${String(width)}.`,
      { fix: 'Give the number of attention heads (--heads), or a config.json beside the file.' }
    )
  }
  const message = `No tensor tells the number of attention heads: ${String(heads)}, as is usual for a width of ${String(width)}, is taken. Give it (--heads) if it is another.`
  return { heads, notes: [{ code: 'heads-assumed', message }] }
}
