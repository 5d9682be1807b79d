/** Which trials saw the same images, and how often: all that the variance of their mean must know of a design. */

/** Images start … start + count − 1. */
export interface ImageRange {
  readonly start: number
  readonly count: number
}

/** What one trial saw. No image twice. */
export interface SeenImages {
  readonly ranges: readonly ImageRange[]
  readonly lists: readonly ArrayLike<number>[]
}

/** Trials whose pairs are counted one by one; a table of them stays below 9 MB. */
export const PAIRED_TRIALS = 2048

export interface TrialOverlap {
  /** Different images seen. */
  readonly images: number
  /** c̄, the mean over pairs t ≠ t' of |S_t ∩ S_t'| / (n_t · n_t'): 1/N where all see the same N, 0 where all differ. */
  readonly sharing: number
  /** Images seen by at least two trials. */
  readonly repeated: number
  /** Trials an image of these was seen by, each observation counting the same. */
  readonly multiplicity: number
  /** Pairs of observations of one image in two trials. */
  readonly pairs: number
  /** What is left of them for estimation when each trial's mean is taken off: Σ |S_t ∩ S_t'| (1 − 1/n_t − 1/n_t' + |S_t ∩ S_t'| / (n_t n_t')). */
  readonly weight: number
}

/** Calls back with groups of images that the same trials saw: how many images, and the trials at start … end − 1, in order. */
type Groups = (each: (images: number, trials: ArrayLike<number>, start: number, end: number) => void) => void

function rangeGroups(seen: readonly SeenImages[]): Groups {
  return (each) => {
    const edges = new Set(seen.flatMap(({ ranges }) => ranges.flatMap((r) => [r.start, r.start + r.count])))
    const sorted = [...edges].sort((a, b) => a - b)
    sorted.slice(1).forEach((end, e) => {
      const start = sorted[e] ?? 0
      const trials = seen.flatMap(({ ranges }, t) =>
        ranges.some((r) => r.start <= start && end <= r.start + r.count) ? [t] : []
      )
      if (trials.length > 0) each(end - start, trials, 0, trials.length)
    })
  }
}

export function forEachImage({ ranges, lists }: SeenImages, each: (image: number) => void): void {
  for (const { start, count } of ranges) for (let i = start; i < start + count; i++) each(i)
  for (const list of lists) for (let i = 0; i < list.length; i++) each(list[i] ?? 0)
}

function listGroups(seen: readonly SeenImages[], limit: number): Groups {
  // Trials of image i stand at starts[i] … starts[i + 1] − 1.
  const starts = new Uint32Array(limit + 1)
  for (const images of seen) forEachImage(images, (i) => (starts[i + 1] = (starts[i + 1] ?? 0) + 1))
  for (let i = 0; i < limit; i++) starts[i + 1] = (starts[i + 1] ?? 0) + (starts[i] ?? 0)
  const trials = new Uint32Array(starts[limit] ?? 0)
  const next = starts.slice()
  seen.forEach((images, t) => {
    forEachImage(images, (i) => {
      const place = next[i] ?? 0
      trials[place] = t
      next[i] = place + 1
    })
  })
  return (each) => {
    for (let i = 0; i < limit; i++) {
      const start = starts[i] ?? 0
      const end = starts[i + 1] ?? 0
      if (end > start) each(1, trials, start, end)
    }
  }
}

/**
 * @param seen of each trial.
 * @param limit above all image indices.
 */
export function trialOverlap(seen: readonly SeenImages[], limit: number): TrialOverlap {
  const inverse = seen.map(sizeOf).map((size) => 1 / size)
  const groups = seen.every(({ lists }) => lists.length === 0) ? rangeGroups(seen) : listGroups(seen, limit)
  let [images, shared, repeated, observations, pairs] = [0, 0, 0, 0, 0]
  groups((count, trials, start, end) => {
    images += count
    const times = end - start
    if (times < 2) return
    let sum = 0
    let squares = 0
    for (let k = start; k < end; k++) {
      const value = inverse[trials[k] ?? 0] ?? 0
      sum += value
      squares += value * value
    }
    shared += count * (sum * sum - squares)
    repeated += count
    observations += count * times
    pairs += (count * times * (times - 1)) / 2
  })
  return {
    images,
    sharing: seen.length < 2 ? 0 : shared / (seen.length * (seen.length - 1)),
    repeated,
    multiplicity: observations === 0 ? 0 : 1 + (2 * pairs) / observations,
    pairs,
    weight: pairs === 0 ? 0 : pairWeight(groups, inverse.slice(0, PAIRED_TRIALS))
  }
}

export function sizeOf({ ranges, lists }: SeenImages): number {
  return (
    ranges.reduce((sum, { count }) => sum + count, 0) + lists.reduce((sum, { length }) => sum + length, 0)
  )
}

function pairWeight(groups: Groups, inverse: readonly number[]): number {
  const trials = inverse.length
  // Row t holds the pairs (t, 0) … (t, t − 1).
  const overlap = new Uint32Array((trials * (trials - 1)) / 2)
  groups((count, group, start, end) => {
    for (let a = start + 1; a < end; a++) {
      const t = group[a] ?? 0
      if (t >= trials) break
      const row = (t * (t - 1)) / 2
      for (let b = start; b < a; b++) {
        const place = row + (group[b] ?? 0)
        overlap[place] = (overlap[place] ?? 0) + count
      }
    }
  })
  let weight = 0
  for (let t = 1, place = 0; t < trials; t++) {
    const a = inverse[t] ?? 0
    for (let u = 0; u < t; u++, place++) {
      const common = overlap[place] ?? 0
      const b = inverse[u] ?? 0
      if (common > 0) weight += common * (1 - a - b + common * a * b)
    }
  }
  return weight
}
