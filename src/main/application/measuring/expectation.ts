/** What the adaptive protocol will take, were the parts of criticality's spread as they are thought to be. */
import { decide, seenIn, type AdaptiveOptions, type CellSummary, type Round } from '@shared/statistics'
import type { Spread } from './comparable'

export interface Expectation {
  readonly trials: number
  readonly passes: number
  readonly rounds: number
  readonly standardError: number
}

/** Decisions end long before. */
const MOST_ROUNDS = 200

export function expectedCourse(options: AdaptiveOptions, spread: Spread): Expectation {
  const rounds: Round[] = []
  let summary: CellSummary | null = null
  while (rounds.length < MOST_ROUNDS) {
    const decision = decide(rounds, summary, options)
    if (decision.kind === 'stop') break
    rounds.push(decision.round)
    summary = summaryAfter(rounds, spread, options.pool)
  }
  return {
    trials: summary?.trials ?? 0,
    passes: summary?.observations ?? 0,
    rounds: rounds.length,
    standardError: summary?.standardError ?? 0
  }
}

/** As if every estimate were exact. */
function summaryAfter(
  rounds: readonly Round[],
  { trial, image, rest, mean }: Spread,
  pool: number
): CellSummary {
  const within = image + rest
  let [trials, observations, inverses] = [0, 0, 0]
  for (const { first, last, images } of seenIn(rounds)) {
    const count = last - first + 1
    trials += count
    observations += count * images
    inverses += count / images
  }
  const between = trial + (within * inverses) / trials
  // Used evenly, images leave σ²_image / pool however often they are seen again.
  const shared = image * Math.max(0, 1 / pool - inverses / trials ** 2)
  return {
    mean,
    std: Math.sqrt(between),
    standardError: Math.sqrt(between / trials + shared),
    degreesOfFreedom: trials - 1,
    interval: null,
    components: { trial, image, rest, within },
    trials,
    images: Math.min(pool, observations),
    observations
  }
}
