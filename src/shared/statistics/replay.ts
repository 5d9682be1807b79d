import { decide, type Decision } from './adaptive'
import type { AdaptiveOptions, Round } from './adaptive-outlook'
import { CellStatistics, type CellSummary, type ImageSet } from './cell'

/** The first images that a trial saw, and its distances to them. */
export interface StoredTrial {
  readonly images: ImageSet
  readonly distances: ArrayLike<number>
}

/**
 * What is stored of a trial: as many images as asked for (where more were measured, the first of them), null where there
 * are fewer, and `failed` where it cannot be measured: it is left out then.
 */
export type StoredTrials = (trial: number, images: number) => StoredTrial | 'failed' | null

export interface AdaptiveState {
  /** Completed rounds, and the one that is under way. */
  readonly rounds: readonly Round[]
  /** Of the completed rounds; null before the first, or where all of them failed. */
  readonly summary: CellSummary | null
  /** The round that is under way, or why there is none. */
  readonly decision: Decision
  /** Trials of that round that are still to be measured. */
  readonly missing: readonly number[]
}

/**
 * Where the adaptive protocol stands with a layer: replays its decisions from what is stored. The same trials give the same
 * rounds, in whatever order they were measured and however often that was interrupted.
 */
export function replay(stored: StoredTrials, options: AdaptiveOptions): AdaptiveState {
  const cell = new CellStatistics()
  const rounds: Round[] = []
  const seen = new Map<number, number>()
  for (;;) {
    const summary = cell.isEmpty ? null : cell.summary()
    const decision = decide(rounds, summary, options)
    if (decision.kind === 'stop') return { rounds, summary, decision, missing: [] }
    const { round } = decision
    rounds.push(round)
    const found = trialsOf(round).map((trial) => ({ trial, data: stored(trial, round.images) }))
    const missing = found.filter(({ data }) => data === null).map(({ trial }) => trial)
    if (missing.length > 0) return { rounds, summary, decision, missing }
    for (const { trial, data } of found) {
      if (data === null || data === 'failed') continue
      const before = seen.get(trial) ?? 0
      if (before >= round.images) continue
      cell.add(trial, imagesFrom(data.images, before), listFrom(data.distances, before))
      seen.set(trial, round.images)
    }
  }
}

export function trialsOf({ first, last }: Round): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

function imagesFrom(images: ImageSet, start: number): ImageSet {
  return 'start' in images
    ? { start: images.start + start, count: images.count - start }
    : listFrom(images, start)
}

function listFrom(values: ArrayLike<number>, start: number): ArrayLike<number> {
  return start === 0 ? values : Array.from(values).slice(start)
}
