/** Criticality of a layer whose trials all saw the same images. */
import { CellStatistics } from './cell'
import { meanInterval } from './interval'

export interface CriticalitySummary {
  readonly mean: number
  /** Over trials (ddof 1); null with one trial. */
  readonly std: number | null
  /** Of the mean, over trials and images; null where one image or nothing tells. */
  readonly standardError: number | null
}

/**
 * @param trials distances of each trial, one per image, all of one length.
 * @param means of each trial, where they are known more precisely than float32 distances tell.
 */
export function summarise(
  trials: readonly Float32Array[],
  means: readonly (number | undefined)[] = []
): CriticalitySummary {
  const cell = new CellStatistics()
  trials.forEach((distances, t) => cell.add(t, { start: 0, count: distances.length }, distances, means[t]))
  const { mean, std, standardError } = cell.summary()
  return { mean, std, standardError }
}

/** 95 % interval of a mean over trials: Student's t with one degree of freedom less than trials. */
export function interval95(
  centre: number,
  standardError: number | null,
  trials: number
): [number, number] | null {
  return meanInterval(centre, standardError, trials < 2 ? null : trials - 1)
}
