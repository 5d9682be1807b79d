/** Which models and units a specification means. */
import type { MeasurementSpec } from '@shared/contract/measurement'
import { LAYER_KINDS, type LayerKind, type Model } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'
import { DEFAULT_KINDS, hasUnits, parametersOf, unitsIn, type Unit } from '@shared/units'
import type { StoredModel } from '../../store'
import { matchesAny } from '../patterns'
import type { OpenStudy } from '../study'

export interface PlannedUnit {
  readonly name: string
  /** Of the network's work, what runs again for it: 1 where that is unknown. */
  readonly share: number
  readonly parameters: number
}

/** @throws NOTHING_TO_MEASURE. */
export function chosenModels(study: OpenStudy, { models: patterns }: MeasurementSpec): StoredModel[] {
  const all = study.store.models.all()
  const chosen = all.filter(({ model }) => matchesAny(patterns, model.id, model.name))
  if (chosen.length > 0) return chosen
  throw new LinchpinError(
    'NOTHING_TO_MEASURE',
    all.length === 0
      ? `"${study.info().name}" has no models.`
      : `No model matches ${patterns.map((p) => `"${p}"`).join(', ')}; the study has ${all.map(({ model }) => model.id).join(', ')}.`,
    {
      fix:
        all.length === 0
          ? 'Add models first (linchpin import STUDY FILE…).'
          : 'Give ids or names, with * for any characters and ? for one.'
    }
  )
}

/** In network order. */
export function chosenUnits(model: Model, { unit, kinds, layers: patterns }: MeasurementSpec): PlannedUnit[] {
  return unitsIn(model.layers, unit, kinds)
    .filter(({ name }) => matchesAny(patterns, name))
    .map((found) => ({ name: found.name, share: shareOf(found), parameters: parametersOf(found) }))
}

function shareOf({ members }: Unit): number {
  return members.reduce((most, { layer }) => Math.max(most, layer.downstream ?? 1), 0)
}

/** Why none of a model's units is measured. */
export function whyNothing(model: Model, { unit, kinds, layers }: MeasurementSpec): string {
  if (!hasUnits(model.layers, unit)) return `"${model.name}" has no ${unit}s.`
  const ofKinds = kinds ?? (unit === 'layer' || unit === 'part' ? DEFAULT_KINDS : null)
  const conditions = [
    ...(ofKinds === null ? [] : [`is ${ofKinds.join(', ')}`]),
    ...(layers.length === 0 ? [] : [`matches ${layers.join(' ')}`])
  ]
  return `No ${unit} of "${model.name}" ${conditions.join(' and ')}.`
}

/** What else a unit is told apart by: of a block or stage, the kinds of layers in it that are perturbed. */
export function kindsKey({ unit, kinds }: MeasurementSpec): string {
  if (kinds === null || unit === 'layer' || unit === 'part') return ''
  const sorted: readonly LayerKind[] = LAYER_KINDS.filter((kind) => kinds.includes(kind))
  return sorted.length === LAYER_KINDS.length ? '' : sorted.join(',')
}
