/**
 * What is known of a layer while it is measured: when it is enough, and what further trials would add.
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

/** Trials first … last see so many images each; those that have seen fewer before see the further ones. */
export interface Round {
  readonly first: number
  readonly last: number
  readonly images: number
}

/** What trials have seen in the end, in their order: a round that goes on with earlier trials replaces theirs. */
export function seenIn(rounds: readonly Round[]): Round[] {
  let seen: Round[] = []
  for (const round of rounds) {
    const { first, last } = round
    seen = [...seen.filter((other) => other.last < first || other.first > last), round]
  }
  return seen.toSorted((a, b) => a.first - b.first)
}

export const LEAST_TRIALS = 64
const GUARDED_TRIALS = 512
const EXTREME_FACTOR = 1.5
/** Of the squared standard error: so small a part left to trials makes them useless. */
const USELESS = 0.2

/** What the rounds so far tell about the trials to come. */
export interface Outlook {
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

export function outlookOf(all: readonly Round[], summary: CellSummary, options: AdaptiveOptions): Outlook {
  const { trials, observations, mean, std, standardError, components } = summary
  const { target, pool } = options
  const spread = (std ?? 0) ** 2
  const variance = (standardError ?? 0) ** 2
  const within = components.within ?? 0
  // Where nothing tells, its bound, as in the standard error.
  const image = components.image ?? within
  const rounds = seenIn(all)
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
