import { LAYER_KINDS, type LayerInfo } from '../../contract/model'
import { unitsIn, type UnitType } from '../../units'
import type { HeatmapLayer } from './data'

/** Whether kinds of layers narrow such units; blocks and stages hold layers of many kinds. */
export const haveKinds = (unit: UnitType): boolean => unit === 'layer' || unit === 'part'

/** A model's units as columns, in network order; none where it has no such units. */
export function unitColumns(layers: readonly LayerInfo[], unit: UnitType): HeatmapLayer[] {
  return unitsIn(layers, unit, haveKinds(unit) ? LAYER_KINDS : null).map(({ name, kind, members }) => ({
    name,
    kind,
    // A stage needs no bracket that repeats its name.
    stage: unit === 'stage' ? null : (members[0]?.layer.stage ?? null)
  }))
}
