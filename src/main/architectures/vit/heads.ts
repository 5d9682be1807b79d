/** The number of attention heads: no tensor tells it, but for norms of queries. */
import type { Warning } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'
import type { Hints, TensorShapes } from '../types'
import type { Vit } from './layout'

const USUAL_HEAD = 64

/**
 * Width, depth and heads of networks whose heads are not 64 wide: ViT-H, -g, -G (Zhai et al., arXiv 2106.04560,
 * table 2) and SoViT-400m (Alabdulmohsin et al., arXiv 2305.13035).
 */
const UNUSUAL: readonly (readonly [width: number, depth: number, heads: number])[] = [
  [1280, 32, 16],
  [1408, 40, 16],
  [1664, 48, 16],
  [1152, 27, 16]
]

export interface Heads {
  readonly count: number
  readonly notes: readonly Warning[]
}

/** @throws OPTION_INVALID when the given number does not divide the width. */
export function headsOf({ width, depth }: Vit, shapes: TensorShapes, hints: Hints): Heads {
  const given = hints.heads ?? hints.config?.heads ?? null
  if (given !== null) {
    if (Number.isInteger(given) && given > 0 && width % given === 0) return { count: given, notes: [] }
    const found = hints.heads === undefined ? 'The config beside the file gives' : 'Given are'
    throw new LinchpinError(
      'OPTION_INVALID',
      `${found} ${String(given)} attention heads; expected a divisor of the width, ${String(width)}.`,
      { fix: `Choose one of ${divisors(width).join(', ')} for the number of heads (--heads).` }
    )
  }
  const queryNorm = shapes.get('blocks.0.attn.q_norm.weight')?.[0] ?? 0
  if (queryNorm > 0 && width % queryNorm === 0) return { count: width / queryNorm, notes: [] }
  const known = UNUSUAL.find((candidate) => candidate[0] === width && candidate[1] === depth)
  const count = known?.[2] ?? usualHeads(width)
  const why =
    known === undefined ? `${String(width / count)} of the width for each` : 'as networks of its size have'
  const message = `The tensors do not tell the number of attention heads: ${String(count)} assumed, ${why}. Correct it (--heads) if it is another.`
  return { count, notes: [{ code: 'heads-assumed', message }] }
}

/** Heads of 64, or as near to it as the width allows. */
function usualHeads(width: number): number {
  const distance = (heads: number): number => Math.abs(Math.log(width / heads / USUAL_HEAD))
  return divisors(width).reduce((best, heads) => (distance(heads) < distance(best) ? heads : best), 1)
}

/** Of a width up to a few thousand. */
function divisors(width: number): number[] {
  const most = Math.min(width, 4096)
  return Array.from({ length: most }, (_, i) => i + 1).filter((heads) => width % heads === 0)
}
