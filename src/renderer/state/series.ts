import type { Series } from '@shared/contract/measurement'
import { plural } from './format'
import { perturbationWords, UNIT_WORDS } from './words'

/** `blocks`, `stages of conv, linear` */
const unitText = ({ unit, kinds }: Series): string =>
  `${UNIT_WORDS[unit].many}${kinds === undefined ? '' : ` of ${kinds.join(', ')}`}`

/** `noise of 0.1 σ, blocks, 256 images, seed 0`, and what else tells it from the study's others. */
export function seriesLabel(series: Series, all: readonly Series[]): string {
  const differs = (key: 'evaluationHash' | 'precision' | 'provider'): boolean =>
    all.some((other) => other[key] !== series[key])
  const scheme = ['', 'auto'].includes(series.scheme) ? '' : ` (${series.scheme})`
  const images = plural(series.images, 'image')
  return [
    `${perturbationWords(series.perturbation)}${scheme}`,
    ...(series.unit === 'layer' ? [] : [unitText(series)]),
    series.sampling === 'fresh' ? `adaptive, from ${images}` : images,
    `seed ${series.seed}`,
    ...(differs('precision') ? [series.precision] : []),
    ...(differs('provider') ? [series.provider] : []),
    ...(differs('evaluationHash') ? [`set ${series.evaluationHash.slice(0, 6)}`] : [])
  ].join(', ')
}
