import { LAYER_KINDS, type LayerInfo, type LayerKind } from '../../contract/model'
import { unitsIn, type Unit, type UnitType } from '../../units'
import type { HeatmapLayer } from './data'

/** Whether kinds of layers narrow such units; blocks and stages hold layers of many kinds. */
export const haveKinds = (unit: UnitType): boolean => unit === 'layer' || unit === 'part'

/**
 * A model's units, in network order; none where it has no such units.
 * @param kinds of blocks and stages: kinds of layers that are perturbed in them; null: all.
 */
export const allUnits = <Layer extends LayerInfo>(
  layers: readonly Layer[],
  unit: UnitType,
  kinds: readonly LayerKind[] | null
): Unit<Layer>[] => unitsIn(layers, unit, haveKinds(unit) ? LAYER_KINDS : kinds)

/** Them as columns. */
export function unitColumns(
  layers: readonly LayerInfo[],
  unit: UnitType,
  kinds: readonly LayerKind[] | null = null
): HeatmapLayer[] {
  return allUnits(layers, unit, kinds).map(({ name, kind, members }) => ({
    name,
    kind,
    // A stage needs no bracket that repeats its name.
    stage: unit === 'stage' ? null : (members[0]?.layer.stage ?? null)
  }))
}
