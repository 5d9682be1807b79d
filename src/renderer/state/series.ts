import type { Series } from '@shared/contract/measurement'
import { plural } from './format'

/** `randomize (timm-resnet), seed 0, 256 images`, and what else tells it from the study's others. */
export function seriesLabel(series: Series, all: readonly Series[]): string {
  const scheme = series.scheme === '' || series.perturbation.startsWith('zero') ? '' : ` (${series.scheme})`
  const parts = [`${series.perturbation}${scheme}`, `seed ${series.seed}`, plural(series.images, 'image')]
  const differs = (key: 'evaluationHash' | 'precision' | 'provider'): boolean =>
    all.some((other) => other[key] !== series[key])
  if (differs('precision')) parts.push(series.precision)
  if (differs('provider')) parts.push(series.provider)
  if (differs('evaluationHash')) parts.push(`set ${series.evaluationHash.slice(0, 6)}`)
  return parts.join(', ')
}
