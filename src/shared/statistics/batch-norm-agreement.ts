/** Whether the statistics that batch norms have stored are those of the images: wrong pixels move them first. */
import type { BatchNormAgreement } from '../contract/loading'
import { median } from './descriptive'

/** Per channel. Variances are those of a population, over images and positions. */
export interface ChannelStatistics {
  readonly mean: ArrayLike<number>
  readonly variance: ArrayLike<number>
}

/** One batch norm, medians over its channels. */
export type LayerAgreement = BatchNormAgreement['worst']

/**
 * @param stored running mean and variance. @param epsilon what the layer adds to the variance.
 * @returns null where a value is not finite: there is nothing to compare.
 */
export function layerAgreement(
  layer: string,
  data: ChannelStatistics,
  stored: ChannelStatistics,
  epsilon: number
): LayerAgreement | null {
  const shifts = Array.from(
    stored.mean,
    (mean, c) => Math.abs((data.mean[c] ?? NaN) - mean) / Math.sqrt((stored.variance[c] ?? NaN) + epsilon)
  )
  const ratios = Array.from(stored.variance, (variance, c) => {
    const ratio = ((data.variance[c] ?? NaN) + epsilon) / (variance + epsilon)
    return Math.max(ratio, 1 / ratio)
  })
  if (![...shifts, ...ratios].every((value) => Number.isFinite(value))) return null
  return { layer, meanShift: median(shifts), varianceRatio: median(ratios) }
}

/** Medians over layers; null without layers. */
export function networkAgreement(layers: readonly LayerAgreement[]): BatchNormAgreement | null {
  const [first] = layers
  if (first === undefined) return null
  return {
    layers: layers.length,
    meanShift: median(layers.map(({ meanShift }) => meanShift)),
    varianceRatio: median(layers.map(({ varianceRatio }) => varianceRatio)),
    worst: layers.reduce((worst, layer) => (layer.meanShift > worst.meanShift ? layer : worst), first)
  }
}
