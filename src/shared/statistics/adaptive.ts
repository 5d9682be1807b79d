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
 * σ²_within may be underestimated where few trials had two images, or where one image in hundreds changes: a round keeps the
 * target within reach (the mean gives all trials the same weight) if one more image had lain at the far end of [0, 1].
 */
import {
  LEAST_TRIALS,
  outlookOf,
  seenIn,
  type AdaptiveOptions,
  type Outlook,
  type Round
} from './adaptive-outlook'
import type { CellSummary } from './cell'

export const ADAPTIVE_DEFAULTS: Omit<AdaptiveOptions, 'pool'> = {
  target: 0.01,
  // As many as the paper's protocol takes: 3 trials of 10,000 images.
  passes: 30_000,
  trials: 2000,
  drawCost: 0
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
const PASSES_RATIO = 1.4
/** Images of later trials over those of earlier ones. */
const FAR_MORE = 3
/** What every trial costs besides its images and its draw, in passes: parameters are set, a batch is begun. */
const TRIAL_COST = 1

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
  const outlook = outlookOf(rounds, summary, options)
  const { trials } = outlook
  if (summary.standardError === null) return stop('images', summary)
  if (outlook.met(trials, summary.standardError ** 2)) return stop('reached', summary)
  if (outlook.imagesLeaveTooMuch()) return stop('images', summary)
  const left = options.passes - outlook.passes
  const seen = seenIn(rounds)
  const first = (seen.at(-1)?.last ?? -1) + 1
  const trialsLeft = options.trials - first
  if (left < 1) return stop('passes', summary)
  if (trialsLeft < 1) return stop('trials', summary)
  const plan = nextRound(outlook, { passes: left, trials: trialsLeft, options })
  const { images, count } = plan
  const round = furtherImages(seen, plan, left) ?? { first, last: first + count - 1, images }
  return { kind: 'measure', round }
}

/**
 * The mean gives each trial the same weight. Where trials to come are to see far more images than early ones have, the
 * early ones first see as many: what a few images have told by chance would else take very many trials to outweigh.
 */
function furtherImages(seen: readonly Round[], { images, trials }: Plan, left: number): Round | null {
  if (trials === null) return null
  const behind = seen.findIndex((round) => FAR_MORE * round.images > images)
  const early = behind < 0 ? seen : seen.slice(0, behind)
  const [from, to] = [early[0], early.at(-1)]
  if (from === undefined || to === undefined) return null
  // Step by step: what they tell may be that fewer are needed.
  const fewest = Math.min(...early.map((round) => round.images))
  const step = candidates(FAR_MORE * fewest).findLast((value) => value <= images) ?? images
  const passes = early.reduce(
    (sum, round) => sum + (round.last - round.first + 1) * Math.max(0, step - round.images),
    0
  )
  // They count as much as new trials would, and are no more than those would be.
  if (passes === 0 || passes > Math.min(left, trials * images)) return null
  const reached = early.findIndex((round) => round.images >= step)
  const last = (reached < 0 ? to : (early[reached - 1] ?? to)).last
  return { first: from.first, last, images: step }
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

function nextRound(outlook: Outlook, limits: Limits): Plan {
  const { options } = limits
  const all = candidates(Math.min(options.pool, limits.passes)).map((images) =>
    planOf(outlook, images, limits)
  )
  // The mean of trials gives each the same weight: too many of too few images could not be made good for.
  const open = all.filter(({ images, count }) => outlook.leavesRoom(count, images, options.trials))
  const reaching = (open.length === 0 ? all : open).flatMap((plan) =>
    plan.trials === null ? [] : [{ ...plan, trials: plan.trials }]
  )
  if (reaching.length === 0)
    return best(all, ({ images }) => outlook.afterAtWorst(mostTrials(images, limits), images))
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

function planOf(outlook: Outlook, images: number, limits: Limits): Plan {
  const most = mostTrials(images, limits)
  const trials = trialsNeeded(outlook, images, most)
  // At most as many trials as there are: how many it takes is known better after them.
  const doubled = Math.max(outlook.trials, LEAST_TRIALS - outlook.trials)
  const wanted = Math.max(Math.min(trials ?? most, doubled), Math.ceil(outlook.trials / 10))
  return { images, trials, count: Math.min(wanted, most) }
}

/** 1, 2, 3, 4, 6, 8, 12, 16 … and `most` itself. */
function candidates(most: number): number[] {
  const values = [1]
  for (let power = 2; power <= most; power *= 2) values.push(power, power * 1.5)
  return [...values.filter((value) => value < most), most]
}

/** Smallest number of further trials that meets the rule; null where `most` do not. */
function trialsNeeded(outlook: Outlook, images: number, most: number): number | null {
  const enough = (further: number): boolean =>
    outlook.met(outlook.trials + further, outlook.after(further, images))
  if (most < 1 || !enough(most)) return null
  let [low, high] = [0, most]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (enough(middle)) high = middle
    else low = middle
  }
  return high
}
