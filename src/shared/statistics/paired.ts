import tCdf from '@stdlib/stats-base-dists-t-cdf'
import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import { CellStatistics, type ImageSet } from './cell'

/** Distances of a trial to the images it saw, in their order. */
export interface TrialDistances {
  readonly trial: number
  readonly images: ImageSet
  readonly distances: ArrayLike<number>
}

export interface PairedDifference {
  /** First less second, over the trials and images that both have. */
  readonly difference: number
  readonly standardError: number | null
  /** If the models were independent: √(SE² of the first + SE² of the second), of the same trials and images. */
  readonly unpairedStandardError: number | null
  /** Unpaired over paired variance: so many times the trials it would take without common random numbers. */
  readonly gain: number | null
  readonly degreesOfFreedom: number | null
  /** 95 %, Student's t, within [−1, 1]. */
  readonly interval: readonly [number, number] | null
  /** Two-sided, of no difference. */
  readonly p: number | null
  /** Trials that both have. */
  readonly pairs: number
  /** Pairs of distances. */
  readonly observations: number
}

/**
 * Difference of a layer's criticality between two models that met the same draws: trial by trial, image by image,
 *   e[t, i] = d₁[t, i] − d₂[t, i],
 * whose mean and standard error are those of any cell (variance.ts), so that what trials and images do to both models
 * alike falls out. With trials of images of their own it is Student's paired test of trial means.
 * @returns null where they have no image of a trial in common.
 */
export function pairedDifference(
  first: readonly TrialDistances[],
  second: readonly TrialDistances[]
): PairedDifference | null {
  const [differences, one, other] = [new CellStatistics(), new CellStatistics(), new CellStatistics()]
  const others = new Map(second.map((trial) => [trial.trial, trial]))
  for (const a of first) {
    const b = others.get(a.trial)
    const common = b === undefined ? null : commonOf(a, b)
    if (common === null) continue
    const { images, left, right } = common
    differences.add(
      a.trial,
      images,
      left.map((value, i) => value - (right[i] ?? 0))
    )
    one.add(a.trial, images, left)
    other.add(a.trial, images, right)
  }
  if (differences.isEmpty) return null
  const {
    mean: difference,
    standardError,
    degreesOfFreedom,
    trials: pairs,
    observations
  } = differences.summary()
  const [oneError, otherError] = [one.summary().standardError, other.summary().standardError]
  const unpaired = oneError === null || otherError === null ? null : Math.hypot(oneError, otherError)
  return {
    difference,
    standardError,
    unpairedStandardError: unpaired,
    gain: unpaired === null || !standardError ? null : (unpaired / standardError) ** 2,
    degreesOfFreedom,
    pairs,
    observations,
    ...testOf(difference, standardError, degreesOfFreedom)
  }
}

function testOf(
  difference: number,
  standardError: number | null,
  freedom: number | null
): Pick<PairedDifference, 'interval' | 'p'> {
  if (standardError === null || freedom === null) return { interval: null, p: null }
  if (standardError === 0) return { interval: [difference, difference], p: difference === 0 ? 1 : 0 }
  const half = tQuantile(0.975, freedom) * standardError
  return {
    interval: [Math.max(-1, difference - half), Math.min(1, difference + half)],
    p: 2 * tCdf(-Math.abs(difference / standardError), freedom)
  }
}

interface Common {
  readonly images: ImageSet
  readonly left: Float64Array
  readonly right: Float64Array
}

/** Distances of both to the images that both trials saw; null where there are none. */
function commonOf(a: TrialDistances, b: TrialDistances): Common | null {
  const places = new Map(listOf(b).map((image, i) => [image, i]))
  const images: number[] = []
  const left: number[] = []
  const right: number[] = []
  listOf(a).forEach((image, i) => {
    const place = places.get(image)
    if (place === undefined) return
    images.push(image)
    left.push(a.distances[i] ?? NaN)
    right.push(b.distances[place] ?? NaN)
  })
  if (images.length === 0) return null
  return { images: rangeOf(images), left: Float64Array.from(left), right: Float64Array.from(right) }
}

function listOf({ images }: TrialDistances): number[] {
  return 'start' in images
    ? Array.from({ length: images.count }, (_, i) => images.start + i)
    : Array.from(images)
}

/** Images that follow each other, as a range: a list of many takes more time and memory. */
function rangeOf(images: readonly number[]): ImageSet {
  const start = images[0] ?? 0
  return images.every((image, i) => image === start + i) ? { start, count: images.length } : images
}
