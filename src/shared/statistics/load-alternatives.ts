/** Which of several readings of a file fits best, and whether one fits clearly better than the present one. */
import type { Alternative } from '../contract/loading'
import type { Warning } from '../contract/model'
import { signTest } from './exact-tests'
import type { LoadReading } from './load-measure'
import { aboveChance, percent } from './load-verdict'

/** A reading with what is read otherwise; `text` follows "with". */
export interface TriedReading extends Pick<Alternative, 'text' | 'kind' | 'options'> {
  readonly reading: LoadReading
}

/** What shows that a reading fits better, strongest first. */
export type Evidence = 'finite' | 'top1' | 'batch-norms'

/** A gain or loss of accuracy that chance would bring in one of a hundred, and one of twenty, comparisons. */
const CLEAR_GAIN = 0.01
const CLEAR_LOSS = 0.05

/** Of the batch norms' disagreement. Below `TOLERATED` nothing is amiss that half of it could mend. */
const CLEAR_FACTOR = 2
const TOLERATED = 0.3

/** Mean shift and |ln variance ratio| are 0 for the images of training, and of one order otherwise. */
export function disagreement({ measure: { batchNorms } }: LoadReading): number | null {
  return batchNorms === null ? null : batchNorms.meanShift + Math.log(batchNorms.varianceRatio)
}

/** One-sided p-value that `a` gets no more images right than `b`; labels that do not fit get none right. */
function gainOf(a: LoadReading, b: LoadReading): number {
  let gained = 0
  let lost = 0
  a.correct?.forEach((right, i) => {
    const before = b.correct?.[i] ?? false
    if (right && !before) gained++
    if (!right && before) lost++
  })
  return signTest(gained, lost)
}

/**
 * What shows that `other` fits clearly better than `base`; null where nothing does. A gain of top-1 does not count that
 * is no more than chance, or against the batch norms: with wrong labels a right reading may be below chance, and one that
 * predicts a single class is above it.
 */
export function clearlyBetter(other: LoadReading, base: LoadReading, classes: number): Evidence | null {
  if (other.measure.notFinite > base.measure.notFinite) return null
  if (other.measure.notFinite === 0 && base.measure.notFinite > 0) return 'finite'
  const norms = agreementGain(other, base)
  if (other.correct !== null) {
    const gained = gainOf(other, base) <= CLEAR_GAIN && aboveChance(other, classes)
    if (gained && norms !== 'worse') return 'top1'
    const lost = base.correct !== null && aboveChance(base, classes) && gainOf(base, other) <= CLEAR_LOSS
    if (lost) return null
  }
  return norms === 'better' ? 'batch-norms' : null
}

/** Null where the batch norms agree about alike, or there are none. */
function agreementGain(other: LoadReading, base: LoadReading): 'better' | 'worse' | null {
  const before = disagreement(base)
  const after = disagreement(other)
  if (before === null || after === null) return null
  if (before > TOLERATED && CLEAR_FACTOR * after <= before) return 'better'
  return after > TOLERATED && CLEAR_FACTOR * before <= after ? 'worse' : null
}

/**
 * Best first: fewest images without a result; then those whose top-1 is not clearly below the best one's, by the
 * batch norms' agreement, else by top-1, else by entropy. Where no top-1 is above chance it decides nothing.
 */
export function ranked<T extends { readonly reading: LoadReading }>(
  tried: readonly T[],
  classes: number
): T[] {
  const telling = tried.some(({ reading }) => aboveChance(reading, classes))
  const top1 = ({ reading }: T): number => (telling ? (reading.measure.top1 ?? 0) : 0)
  const best = tried.reduce<T | undefined>(
    (a, b) => (a === undefined || top1(b) > top1(a) ? b : a),
    undefined
  )
  const behind = (one: T): number =>
    telling && best !== undefined && gainOf(best.reading, one.reading) <= CLEAR_LOSS ? 1 : 0
  const keys = new Map(
    tried.map((one) => {
      const { measure } = one.reading
      const agreement = disagreement(one.reading) ?? 0
      const order = behind(one) === 0 ? [0, agreement, -top1(one)] : [1, -top1(one), agreement]
      return [one, [measure.notFinite, ...order, measure.entropy ?? Infinity]] as const
    })
  )
  return [...tried].sort((a, b) => compare(keys.get(a) ?? [], keys.get(b) ?? []))
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value < (b[i] ?? 0) ? -1 : 1
  return 0
}

const CODES: Record<Alternative['kind'], string> = {
  normalization: 'normalization-fits-better',
  channels: 'channels-fit-better',
  architecture: 'architecture-fits-better',
  weights: 'weights-fit-better',
  labels: 'labels-fit-better'
}

/** A sentence on a reading that fits better than the present one. */
export function betterFinding(tried: TriedReading, base: LoadReading, evidence: Evidence): Warning {
  const { kind, text, reading } = tried
  const code = CODES[kind]
  const end = kind === 'labels' ? ': the labels seem to be at fault, not the file.' : '.'
  if (evidence === 'finite') return { code, message: `With ${text} all outputs are finite.` }
  if (evidence === 'top1') {
    const before = base.measure.top1 === null ? '' : ` instead of ${percent(base.measure.top1)}`
    return { code, message: `With ${text} top-1 is ${percent(reading.measure.top1)}${before}${end}` }
  }
  const [after, before] = [reading.measure.batchNorms, base.measure.batchNorms]
  const number = (value: number | undefined): string => (value ?? NaN).toFixed(2)
  return {
    code,
    message:
      `With ${text} the batch norms fit the images better: means are off by ${number(after?.meanShift)} instead of ` +
      `${number(before?.meanShift)} standard deviations, variances by ${number(after?.varianceRatio)} instead of ${number(before?.varianceRatio)} times.`
  }
}

/** A hint alone: a network that is sure need not be right. Null where the certainty is much the same. */
export function moreCertainFinding({ text, reading }: TriedReading, base: LoadReading): Warning | null {
  const [after, before] = [reading.measure.entropy, base.measure.entropy]
  if (after === null || before === null || CLEAR_FACTOR * after > before) return null
  return {
    code: 'more-certain-otherwise',
    message: `With ${text} the predictions are more certain: ${after.toFixed(2)} instead of ${before.toFixed(2)} nats of entropy. Without labels or batch norms that is weak evidence.`
  }
}
