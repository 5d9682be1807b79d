/**
 * The adaptive protocol: how many trials of how many images a layer needs until its mean is known to a target.
 *
 * Every trial sees images of its own, as many as the round says (see trial-images.ts of the perturbations). After each round
 * the decision depends on what was measured and on the options alone, so that it can be replayed.
 *
 * A target s needs T = (σ²_trial + σ²_within / n) / s² trials of n images: T·n passes are fewest with n = 1, and
 * 1 + (n − 1) · icc times as many with n, icc = σ²_trial / (σ²_trial + σ²_within). More images a trial save trials, each
 * of which draws a layer's parameters. A round takes the n for which passes and draws to the target cost least, among
 * those that take at most PASSES_RATIO times the fewest passes; σ²_trial, the dearer of both to underestimate, enters one
 * standard error of its estimate larger.
 *
 * It stops when all of these hold:
 * - SE² (1 + ½ √(2 / df)) ≤ s²: whoever looks often and stops at the first small value finds values that are too small.
 * - T ≥ LEAST_TRIALS. Trials are often of two kinds; below, intervals cover too rarely where one trial in ten is of the other.
 * - One more trial at the far end of [0, 1] would leave the squared standard error below 1.5 s². Trials that are equal by
 *   luck pass no earlier than at T ≈ 0.8 L / s, L the distance to that end (82 for a point, if criticality is near 0 or 1):
 *   a kind of trials too rare to be seen by then (3 in T, with 95 %) moves the mean by less than 3.7 s. Above
 *   GUARDED_TRIALS it is not asked for: targets so fine would need thousands of draws for it.
 */
import type { CellSummary } from './cell'

export interface AdaptiveOptions {
  /** Standard error to reach, of a criticality in [0, 1]. */
  readonly target: number
  /** Images there are. */
  readonly pool: number
  /** Most passes (trials × images) for the layer. */
  readonly passes: number
  readonly trials: number
  /** What drawing a trial's parameters costs, in passes. */
  readonly drawCost: number
}

export const ADAPTIVE_DEFAULTS: Omit<AdaptiveOptions, 'pool'> = {
  target: 0.01,
  // As many as the paper's protocol takes: 3 trials of 10,000 images.
  passes: 30_000,
  trials: 2000,
  drawCost: 0
}

/** Trials first … last of so many images each. */
export interface Round {
  readonly first: number
  readonly last: number
  readonly images: number
}

/**
 * - reached: the standard error is the target or less.
 * - passes, trials: the most that the options allow are spent.
 * - images: the pool is too small for the target, and further trials change nothing.
 */
export type StopReason = 'reached' | 'passes' | 'trials' | 'images'

export type Decision =
  | { readonly kind: 'measure'; readonly round: Round }
  | { readonly kind: 'stop'; readonly reason: StopReason; readonly standardError: number | null }

const PILOT = { trials: 16, images: 2 }
export const LEAST_TRIALS = 64
const GUARDED_TRIALS = 512
const EXTREME_FACTOR = 1.5
const PASSES_RATIO = 1.4
/** What every trial costs besides its images and its draw, in passes: parameters are set, a batch is begun. */
const TRIAL_COST = 1
/** Of the squared standard error: so small a part left to trials makes them useless. */
const USELESS = 0.2

/**
 * What to do after the rounds so far.
 * @param rounds all of them, measured.
 * @param summary of all that was measured in them; null before the first round, or when nothing of it could be measured.
 */
export function decide(
  rounds: readonly Round[],
  summary: CellSummary | null,
  options: AdaptiveOptions
): Decision {
  if (rounds.length === 0) return pilot(options)
  if (summary === null || summary.trials < 2) return stop('trials', summary)
  const known = knowledgeOf(rounds, summary, options)
  const { trials } = known
  if (summary.standardError === null) return stop('images', summary)
  if (known.met(trials, summary.standardError ** 2)) return stop('reached', summary)
  if (known.imagesLeaveTooMuch()) return stop('images', summary)
  const left = options.passes - known.passes
  const first = (rounds.at(-1)?.last ?? -1) + 1
  const trialsLeft = options.trials - first
  if (left < 1) return stop('passes', summary)
  if (trialsLeft < 1) return stop('trials', summary)
  const { images, count } = nextRound(known, { passes: left, trials: trialsLeft, options })
  return { kind: 'measure', round: { first, last: first + count - 1, images } }
}

function stop(reason: StopReason, summary: CellSummary | null): Decision {
  return { kind: 'stop', reason, standardError: summary?.standardError ?? null }
}

function pilot({ pool, passes, trials }: AdaptiveOptions): Decision {
  const images = Math.min(PILOT.images, pool, passes)
  const count = Math.min(PILOT.trials, trials, images === 0 ? 0 : Math.floor(passes / images))
  if (count < 1) return stop(trials < 1 ? 'trials' : 'passes', null)
  return { kind: 'measure', round: { first: 0, last: count - 1, images } }
}

/** What the rounds so far tell about the trials to come. */
interface Knowledge {
  readonly trials: number
  readonly passes: number
  /** Whether the rule of stopping is met with so many trials and this squared standard error. */
  met(trials: number, variance: number): boolean
  /** Squared standard error after further trials. */
  after(further: number, images: number): number
  /** The same if more of the spread than was seen lies within trials. */
  afterAtWorst(further: number, images: number): number
  imagesLeaveTooMuch(): boolean
  /** Whether, after further trials of so many images, the target can still be reached with so many trials in all. */
  leavesRoom(further: number, images: number, allTrials: number): boolean
}

function knowledgeOf(rounds: readonly Round[], summary: CellSummary, options: AdaptiveOptions): Knowledge {
  const { trials, observations, mean, std, standardError, components } = summary
  const { target, pool } = options
  const spread = (std ?? 0) ** 2
  const variance = (standardError ?? 0) ** 2
  const within = components.within ?? 0
  // Where nothing tells, its bound, as in the standard error.
  const image = components.image ?? within
  const planned = rounds.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  // Where trials failed, as if they were those of all rounds alike.
  const inverses =
    (rounds.reduce((sum, { first, last, images }) => sum + (last - first + 1) / images, 0) * trials) / planned
  const now = Math.max(spread, (within * inverses) / trials)
  const trial = (components.trial ?? 0) + spread * Math.sqrt(2 / (trials - 1))
  const far = Math.max(mean, 1 - mean)
  // As if one more image had lain at the far end: what is rare among images was perhaps not seen yet. Trials of one image
  // tell σ²_within no more than together with σ²_trial.
  const withinAtWorst = Math.min(
    within + far ** 2 / Math.max(1, observations - trials),
    (now * trials) / inverses
  )
  const estimated = { trial, within }
  const atWorst = { trial: Math.max(0, now - (withinAtWorst * inverses) / trials), within: withinAtWorst }
  const expected = (further: number, images: number, future: typeof estimated): number => {
    const count = trials + further
    const alone = (trials * now + further * (future.trial + future.within / images)) / count ** 2
    const inverse = (inverses + further / images) / count ** 2
    // Used evenly, images leave σ²_image / pool however often they are seen again.
    return alone + image * Math.max(0, 1 / pool - inverse)
  }
  // Of images that were seen again before the pool was used up.
  const excess = Math.max(0, variance - expected(0, 1, estimated))
  return {
    trials,
    passes: observations,
    met(count, squared) {
      const allowed = target ** 2
      if (count < LEAST_TRIALS || squared * (1 + Math.sqrt(2 / (count - 1)) / 2) > allowed) return false
      // s² of T + 1 values of which the last lies at the distance L from the mean of the others, over T + 1.
      const extreme = (((count - 1) / (count + 1)) * squared) + (far / (count + 1)) ** 2 // prettier-ignore
      return count >= GUARDED_TRIALS || extreme <= EXTREME_FACTOR * allowed
    },
    after: (further, images) => expected(further, images, estimated) + (excess * trials) / (trials + further),
    afterAtWorst: (further, images) => expected(further, images, atWorst),
    imagesLeaveTooMuch() {
      const left = (components.image ?? 0) / pool
      return left >= target ** 2 && variance - left <= USELESS * variance
    },
    leavesRoom(further, images, allTrials) {
      return (inverses + further / images) * withinAtWorst <= (target * allTrials) ** 2 / 2
    }
  }
}

interface Limits {
  readonly passes: number
  readonly trials: number
  readonly options: AdaptiveOptions
}

interface Plan {
  readonly images: number
  /** To the target; null where the limits do not allow so many. */
  readonly trials: number | null
  /** Of the next round. */
  readonly count: number
}

function nextRound(known: Knowledge, limits: Limits): Plan {
  const { options } = limits
  const all = candidates(Math.min(options.pool, limits.passes)).map((images) => planOf(known, images, limits))
  // The mean of trials gives each the same weight: too many of too few images could not be made good for.
  const open = all.filter(({ images, count }) => known.leavesRoom(count, images, options.trials))
  const reaching = (open.length === 0 ? all : open).flatMap((plan) =>
    plan.trials === null ? [] : [{ ...plan, trials: plan.trials }]
  )
  if (reaching.length === 0)
    return best(all, ({ images }) => known.afterAtWorst(mostTrials(images, limits), images))
  // Estimates may prove too low: half of what is left is kept for that, or as much as can be.
  const early = reaching.filter((plan) => usedOf(plan, limits) <= 0.5)
  if (early.length === 0) return best(reaching, (plan) => usedOf(plan, limits))
  const fewest = Math.min(...early.map((plan) => plan.trials * plan.images))
  return best(
    early.filter((plan) => plan.trials * plan.images <= PASSES_RATIO * fewest),
    ({ trials, images }) => trials * (images + TRIAL_COST + options.drawCost)
  )
}

/** Part of the limits that a plan takes. */
function usedOf({ trials, images }: { trials: number; images: number }, limits: Limits): number {
  return Math.max(trials / limits.trials, (trials * images) / limits.passes)
}

function best<T>(plans: readonly T[], cost: (plan: T) => number): T {
  return plans.reduce((least, plan) => (cost(plan) < cost(least) ? plan : least))
}

function mostTrials(images: number, { passes, trials }: Limits): number {
  return Math.min(trials, Math.floor(passes / images))
}

function planOf(known: Knowledge, images: number, limits: Limits): Plan {
  const most = mostTrials(images, limits)
  const trials = trialsNeeded(known, images, most)
  // At most as many trials as there are: how many it takes is known better after them.
  const doubled = Math.max(known.trials, LEAST_TRIALS - known.trials)
  const wanted = Math.max(Math.min(trials ?? most, doubled), Math.ceil(known.trials / 10))
  return { images, trials, count: Math.min(wanted, most) }
}

/** 1, 2, 3, 4, 6, 8, 12, 16 … and `most` itself. */
function candidates(most: number): number[] {
  const values = [1]
  for (let power = 2; power <= most; power *= 2) values.push(power, power * 1.5)
  return [...values.filter((value) => value < most), most]
}

/** Smallest number of further trials that meets the rule; null where `most` do not. */
function trialsNeeded(known: Knowledge, images: number, most: number): number | null {
  const enough = (further: number): boolean => known.met(known.trials + further, known.after(further, images))
  if (most < 1 || !enough(most)) return null
  let [low, high] = [0, most]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (enough(middle)) high = middle
    else low = middle
  }
  return high
}
