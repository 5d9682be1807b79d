import { mean, sampleStd } from './descriptive'
import { forEachImage, PAIRED_TRIALS, trialOverlap, type ImageRange } from './trial-overlap'
import { asymmetryOf, meanInterval } from './interval'
import { errorOfMean, type VarianceComponents } from './variance'

/** Indices into the evaluation set. */
export type ImageSet = ImageRange | ArrayLike<number>

export interface CellSummary {
  /** Unweighted mean of the trials' means. */
  readonly mean: number
  /** Over trial means (ddof 1); null with one trial. */
  readonly std: number | null
  /** Of the mean, over trials and images; with one trial over images alone; null where nothing tells. */
  readonly standardError: number | null
  /** Of the standard error, by Welch and Satterthwaite; null with one trial. */
  readonly degreesOfFreedom: number | null
  /** 95 %, Student's t, from 30 trials on corrected for their skewness; within [0, 1]; null with one trial. */
  readonly interval: readonly [number, number] | null
  readonly components: VarianceComponents
  readonly trials: number
  /** Different images. */
  readonly images: number
  /** Trials × images. */
  readonly observations: number
}

interface Trial {
  readonly slot: number
  readonly ranges: ImageRange[]
  readonly lists: ArrayLike<number>[]
  images: number
  /** Of distances less the cell's shift. */
  sum: number
  squares: number
  /** `sum` again, from means that may be given more precisely than float32 distances tell. */
  exactSum: number
}

/**
 * Criticality of one layer of one model from its trials, fed as they come: Σ over trials is kept for each image, not
 * the distances. Any design: all trials may see the same images, other images, or as many as they got to.
 */
export class CellStatistics {
  private readonly trials = new Map<number, Trial>()
  /** Σ of an image's distances (less the shift) over the trials of the first slots. */
  private imageSums = new Float64Array(0)
  private imageLimit = 0
  /** The first distance: sums of squares of what is left of the others lose no digits where all are alike. */
  private shift: number | null = null

  /**
   * @param trial any number; called again for a trial, adds further images to it (none that it has).
   * @param images of `distances`, in order; a list is kept, not copied.
   * @param exactMean of these distances, where it is known more precisely than their rounded values tell.
   */
  add(trial: number, images: ImageSet, distances: ArrayLike<number>, exactMean?: number): this {
    const count = distances.length
    if (count === 0) return this
    const shift = (this.shift ??= distances[0] ?? 0)
    const entry = this.trial(trial)
    const isRange = 'start' in images
    if (isRange) addRange(entry.ranges, images)
    else entry.lists.push(images)
    this.reserve(isRange ? images.start + images.count : largest(images) + 1)
    const paired = entry.slot < PAIRED_TRIALS
    let [sum, squares] = [0, 0]
    for (let i = 0; i < count; i++) {
      const value = (distances[i] ?? 0) - shift
      sum += value
      squares += value * value
      const image = isRange ? images.start + i : (images[i] ?? 0)
      if (paired) this.imageSums[image] = (this.imageSums[image] ?? 0) + value
    }
    entry.images += count
    entry.sum += sum
    entry.squares += squares
    entry.exactSum += exactMean === undefined ? sum : count * (exactMean - shift)
    return this
  }

  get isEmpty(): boolean {
    return this.trials.size === 0
  }

  summary(): CellSummary {
    const trials = [...this.trials.values()]
    const means = trials.map(({ exactSum, images }) => exactSum / images)
    const overlap = trialOverlap(trials, this.imageLimit)
    const observations = trials.reduce((sum, { images }) => sum + images, 0)
    const std = sampleStd(means)
    const within = trials.map(({ squares, sum, images }) => squares - (sum * sum) / images)
    const error = errorOfMean({
      ...overlap,
      trials: trials.length,
      betweenTrials: (std ?? 0) ** 2,
      meanInverse: mean(trials.map(({ images }) => 1 / images)),
      withinSquares: total(within),
      withinFreedom: observations - trials.length,
      pairProducts: overlap.pairs === 0 ? 0 : this.pairProducts(trials, within),
      crossed: trials.every(({ images }) => images === overlap.images)
    })
    const centre = (this.shift ?? NaN) + mean(means)
    return {
      mean: centre,
      std,
      ...error,
      interval: meanInterval(
        centre,
        error.standardError,
        error.degreesOfFreedom,
        asymmetryOf(means, error.standardError)
      ),
      trials: trials.length,
      images: overlap.images,
      observations
    }
  }

  /** Σ over images of ((Σ_t r_ti)² − Σ_t r_ti²) / 2 with r_ti = d_ti − m_t. */
  private pairProducts(all: readonly Trial[], within: readonly number[]): number {
    const trials = all.slice(0, PAIRED_TRIALS)
    const sums = this.imageSums.slice(0, this.imageLimit)
    for (const trial of trials) {
      const centre = trial.sum / trial.images
      forEachImage(trial, (i) => (sums[i] = (sums[i] ?? 0) - centre))
    }
    return (sums.reduce((sum, value) => sum + value * value, 0) - total(within.slice(0, PAIRED_TRIALS))) / 2
  }

  private trial(number: number): Trial {
    const known = this.trials.get(number)
    if (known !== undefined) return known
    const slot = this.trials.size
    const trial: Trial = { slot, ranges: [], lists: [], images: 0, sum: 0, squares: 0, exactSum: 0 }
    this.trials.set(number, trial)
    return trial
  }

  private reserve(limit: number): void {
    this.imageLimit = Math.max(this.imageLimit, limit)
    if (limit <= this.imageSums.length) return
    const grown = new Float64Array(Math.max(limit, 2 * this.imageSums.length))
    grown.set(this.imageSums)
    this.imageSums = grown
  }
}

function addRange(ranges: ImageRange[], range: ImageRange): void {
  const last = ranges.at(-1)
  // Shards that follow each other are one range.
  if (last !== undefined && last.start + last.count === range.start)
    ranges[ranges.length - 1] = { start: last.start, count: last.count + range.count }
  else ranges.push({ start: range.start, count: range.count })
}

function largest(list: ArrayLike<number>): number {
  let most = 0
  for (let i = 0; i < list.length; i++) most = Math.max(most, list[i] ?? 0)
  return most
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
