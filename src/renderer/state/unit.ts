import { LAYER_KINDS, type LayerInfo } from '@shared/contract/model'
import { haveKinds } from '@shared/figures/heatmap/columns'
import { unitsIn, type Unit, type UnitType } from '@shared/units'

/** A model's unit of that name; undefined: it has none. */
export const unitNamed = (layers: readonly LayerInfo[], type: UnitType, name: string): Unit | undefined =>
  unitsIn(layers, type, haveKinds(type) ? LAYER_KINDS : null).find((unit) => unit.name === name)
