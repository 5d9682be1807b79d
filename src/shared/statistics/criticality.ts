/** Criticality of a layer from its trials, and how well it is known. */
import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import { mean, sampleStd } from './descriptive'

export interface CriticalitySummary {
  readonly mean: number
  /** Over trials (ddof 1); null with one trial. */
  readonly std: number | null
  /** Of the mean, over trials and images; null where one image or nothing tells. */
  readonly standardError: number | null
}

/**
 * The same N images are seen in each of T trials: a two-way layout without replication, d[t][i]. With mean squares
 * between trials and between images and of the rest,
 *   Var(mean) = σ²_trial / T + σ²_image / N + σ²_rest / (T·N) = (MS_trial + MS_image − MS_rest) / (T·N).
 * Source: the expected mean squares of the random two-way model. With one trial only the spread over images is known.
 * @param trials distances of each trial, one per image, all of one length.
 * @param means of each trial, where they are known more precisely than float32 distances tell.
 */
export function summarise(
  trials: readonly Float32Array[],
  means: readonly number[] = trials.map(mean64)
): CriticalitySummary {
  return { mean: mean(means), std: sampleStd(means), standardError: standardErrorOf(trials, means) }
}

function mean64(values: Float32Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

function standardErrorOf(trials: readonly Float32Array[], means: readonly number[]): number | null {
  const [first] = trials
  const images = first?.length ?? 0
  const count = trials.length
  if (first === undefined || images < 2) return null
  const grand = mean(means)
  const imageMeans = new Float64Array(images)
  for (const trial of trials)
    trial.forEach((value, i) => (imageMeans[i] = (imageMeans[i] ?? 0) + value / count))
  const betweenImages = imageMeans.reduce((sum, value) => sum + (value - grand) ** 2, 0)
  if (count === 1) return Math.sqrt(betweenImages / (images - 1) / images)
  const betweenTrials = means.reduce((sum, value) => sum + (value - grand) ** 2, 0)
  let rest = 0
  trials.forEach((trial, t) => {
    trial.forEach((value, i) => (rest += (value - (means[t] ?? 0) - (imageMeans[i] ?? 0) + grand) ** 2))
  })
  const trialSquare = (images * betweenTrials) / (count - 1)
  const imageSquare = (count * betweenImages) / (images - 1)
  const restSquare = rest / ((count - 1) * (images - 1))
  // An estimate of a variance component may fall below 0; the larger mean square alone then bounds the error.
  const sum = Math.max(trialSquare + imageSquare - restSquare, trialSquare, imageSquare)
  return Math.sqrt(sum / (count * images))
}

/** 95 % interval of a mean over trials: Student's t with one degree of freedom less than trials. */
export function interval95(
  centre: number,
  standardError: number | null,
  trials: number
): [number, number] | null {
  if (standardError === null || trials < 2) return null
  const half = tQuantile(0.975, trials - 1) * standardError
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}
