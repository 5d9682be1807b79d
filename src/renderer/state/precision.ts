/** How well a cell is known, in words. */
import type { Cell } from '@shared/contract/measurement'
import { isProvisional, needsMore, type HeatmapCell } from '@shared/figures/heatmap/data'
import { count, percent, plural, points } from './format'

/** `3 trials × 256 images`; `about` where trials saw different numbers. */
export function designText({ trials, observations }: HeatmapCell): string {
  const each = observations / Math.max(1, trials)
  const about = Number.isInteger(each) ? '' : 'about '
  return `${plural(trials, 'trial')} × ${about}${plural(Math.round(each), 'image')}`
}

/** `12.10 to 14.20 %`; null with one trial. */
export function intervalText({ interval }: HeatmapCell, digits = 2): string | null {
  const [low, high] = interval ?? []
  if (low === undefined || high === undefined) return null
  return `${(low * 100).toFixed(digits)} to ${percent(high, digits)}`
}

/** The short form, for tables and tooltips; empty: nothing is to be said. */
export function stateText(cell: HeatmapCell): string {
  const parts = [
    ...(isProvisional(cell) ? ['provisional'] : []),
    ...(cell.outcome === null ? [] : [needsMore(cell) ? 'needs more' : 'target reached'])
  ]
  return parts.join(', ')
}

/** What came of the adaptive protocol; null: it was not measured by it. */
export function outcomeText({ outcome, targetSe }: HeatmapCell): string | null {
  if (targetSe === null) return null
  const target = points(targetSe, 2)
  switch (outcome) {
    case null:
      return `On its way to a standard error of ${target}.`
    case 'reached':
      return `The target of ${target} is reached.`
    case 'budget':
      return `Needs more: the budget of forward passes ended before ${target}.`
    case 'trials':
      return `Needs more: the most trials were reached before ${target}.`
    case 'images':
      return `Needs more images: all were used before ${target}.`
  }
}

type Known = Pick<Cell, 'components' | 'trials' | 'images' | 'observations'>

/**
 * Shares of the mean's variance that the trials and the images leave: σ²_trial / T, and σ²_image / N + σ²_rest / (all
 * observations) with N different images. Null where the data cannot tell.
 */
export function varianceShares({ components, trials, images, observations }: Known): {
  readonly trials: number
  readonly images: number
} | null {
  const { trial, image, rest, within } = components
  if (trial === null || trials < 2 || images < 1) return null
  const ofImages =
    image === null || rest === null
      ? within === null
        ? null
        : within / observations
      : image / images + rest / observations
  if (ofImages === null) return null
  const total = trial / trials + ofImages
  return total === 0 ? { trials: 0, images: 0 } : { trials: trial / trials / total, images: ofImages / total }
}

/**
 * What would make it better known.
 * @param random whether trials differ.
 */
export function adviceText(cell: Known, random: boolean): string {
  if (!random) return 'Nothing is drawn: only more images help.'
  const shares = varianceShares(cell)
  if (shares === null) return 'What trials differ by is not known yet: more trials tell.'
  if (shares.trials + shares.images === 0) return 'Trials and images all agree.'
  return shares.trials >= shares.images
    ? `More trials help: ${percent(shares.trials, 0)} of the squared error is between them.`
    : `More images help: ${percent(shares.images, 0)} of the squared error is between them.`
}

/** A standard deviation of a component in points; `not known` where the data cannot tell. */
export const componentText = (variance: number | null): string =>
  variance === null ? 'not known yet' : points(Math.sqrt(variance), 2)

export const freedomText = (value: number | null): string =>
  value === null ? '–' : value >= 100 ? count(Math.round(value)) : value.toFixed(1).replace(/\.0$/, '')
