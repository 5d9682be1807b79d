/** Which units the chosen models have, and why not. */
import type { LayerKind, Model } from '@shared/contract/model'
import { DEFAULT_KINDS, hasUnits, isStackedProjection, UNITS, type UnitType } from '@shared/units'

export interface UnitChoice {
  readonly unit: UnitType
  /** Why it cannot be chosen; null: it can. */
  readonly absent: string | null
  /** Which of the chosen models are left out, in words; null: none. */
  readonly some: string | null
}

const ABSENT: Readonly<Record<UnitType, string>> = {
  layer: 'No model is chosen.',
  part: 'No chosen model keeps queries, keys and values in one layer.',
  block: 'No chosen model has blocks.',
  stage: 'No chosen model has stages.'
}

export function unitChoices(models: readonly Pick<Model, 'layers'>[]): UnitChoice[] {
  return UNITS.map((unit) => {
    const having = models.filter(({ layers }) => hasOwn(layers, unit)).length
    const partly = (unit === 'block' || unit === 'stage') && having < models.length
    return {
      unit,
      absent: having === 0 && unit !== 'layer' ? ABSENT[unit] : null,
      some: partly && having > 0 ? `${having} of ${models.length} chosen models have them.` : null
    }
  })
}

/** Parts are told from layers only where an attention's projections are stacked. */
const hasOwn = (layers: Model['layers'], unit: UnitType): boolean =>
  unit === 'part' ? layers.some(isStackedProjection) : hasUnits(layers, unit)

/** What is ticked where nothing was chosen; null: everything, without a choice. */
export const usualKinds = (unit: UnitType): readonly LayerKind[] | null =>
  unit === 'layer' || unit === 'part' ? DEFAULT_KINDS : null
