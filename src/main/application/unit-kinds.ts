import { LAYER_KINDS, type Model } from '@shared/contract/model'
import { unitsIn } from '@shared/units'
import { kindsIn, type StoredConfiguration } from '../store'

/** The units of a model that a configuration may have measured: their kinds by their names, in network order. */
export function unitKinds(
  { layers }: Model,
  configuration: Pick<StoredConfiguration, 'unit' | 'kinds'>
): ReadonlyMap<string, string> {
  const { unit } = configuration
  const kinds = unit === 'layer' || unit === 'part' ? LAYER_KINDS : kindsIn(configuration)
  return new Map(unitsIn(layers, unit, kinds).map(({ name, kind }) => [name, kind]))
}
