/** The parameters that take the place of a unit's own. What each perturbation is: docs/method.md. */
import type { Rows, UnitMember } from '@shared/units'
import { sizeOf, type GraphLayer, type LayerParameter, type Replacement } from '../graph'
import { interpolated, withNoise } from './mixing'
import { SCHEME_DRAWS, type DrawScheme } from './schemes'
import { parametersIn } from './second'
import { randomStream, type RandomStream } from './stream'

export type LayerPerturbation =
  | { readonly kind: 'randomize'; readonly scheme: DrawScheme }
  | { readonly kind: 'zero' }
  /** Permutes the values of each tensor. */
  | { readonly kind: 'shuffle' }
  /** `scale`: in standard deviations of the tensor's values. */
  | { readonly kind: 'noise'; readonly scale: number }
  /** Layers of a second model of the same architecture. */
  | { readonly kind: 'reinit'; readonly source: readonly GraphLayer[] }
  /** `alpha` 0: as trained; 1: what it goes towards. */
  | {
      readonly kind: 'interpolate'
      readonly alpha: number
      readonly towards:
        | { readonly kind: 'draw'; readonly scheme: DrawScheme }
        | { readonly kind: 'checkpoint'; readonly source: readonly GraphLayer[] }
    }
  | { readonly kind: 'identity' }

interface Setting {
  /** All layers of the model, in network order. */
  readonly layers: readonly GraphLayer[]
  readonly seed: number
  readonly trial: number
}

/** A unit, or a layer for one. */
type Target = Setting &
  (
    | { readonly unit: { readonly members: readonly UnitMember<GraphLayer>[] } }
    | { readonly layer: GraphLayer }
  )

/**
 * Whole tensors, also of a part: outside its rows they are as trained. What is drawn for a part is what those rows are
 * in a draw for the whole layer.
 * @throws LAYER_UNKNOWN, TENSOR_SHAPE when a second checkpoint has no such layer.
 */
export function perturb(perturbation: LayerPerturbation, target: Target): Replacement[] {
  const members = 'unit' in target ? target.unit.members : [{ layer: target.layer, rows: null }]
  return members.flatMap(({ layer, rows }) => replaced(perturbation, layer, rows, target))
}

function replaced(
  perturbation: LayerPerturbation,
  layer: GraphLayer,
  rows: Rows | null,
  { layers, seed, trial }: Setting
): Replacement[] {
  const stream = ({ role }: LayerParameter): RandomStream =>
    randomStream({ seed, layer: layer.name, tensor: role, trial })
  const drawn = (scheme: DrawScheme) => (parameter: LayerParameter) =>
    SCHEME_DRAWS[scheme](parameter, { layer, layers, stream })
  /** Every tensor takes new values, in its rows. */
  const all = (make: (parameter: LayerParameter) => Float32Array): Replacement[] =>
    layer.tensors.map((parameter) => ({ parameter, values: inRows(parameter, rows, make(parameter)) }))
  /** Parameters, not buffers: the statistics of a batch norm stay. */
  const changed = (change: (own: Float32Array, parameter: LayerParameter) => void): Replacement[] =>
    layer.tensors
      .filter(({ role }) => role === 'weight' || role === 'bias')
      .map((parameter) => {
        const values = parameter.read().slice()
        change(rowsOf(values, parameter, rows), parameter)
        return { parameter, values }
      })

  switch (perturbation.kind) {
    case 'randomize':
      return all(drawn(perturbation.scheme))
    case 'zero':
      return changed((own) => own.fill(0))
    case 'shuffle':
      return changed((own, parameter) => stream(parameter).shuffle(own))
    case 'noise':
      return changed((own, parameter) => {
        const whole = stream(parameter).normal(new Float32Array(sizeOf(parameter.shape)), 0, 1)
        withNoise(own, rowsOf(whole, parameter, rows), perturbation.scale)
      })
    case 'reinit':
      return all(parametersIn(perturbation.source, layer))
    case 'interpolate': {
      const { alpha, towards } = perturbation
      const end = towards.kind === 'draw' ? drawn(towards.scheme) : parametersIn(towards.source, layer)
      return all((parameter) => interpolated(parameter.read(), end(parameter), alpha))
    }
    case 'identity':
      return layer.tensors.map((parameter) => ({ parameter, values: parameter.read() }))
  }
}

/** The new values in the rows, the trained ones elsewhere. */
function inRows(parameter: LayerParameter, rows: Rows | null, values: Float32Array): Float32Array {
  if (rows === null) return values
  const result = parameter.read().slice()
  rowsOf(result, parameter, rows).set(rowsOf(values, parameter, rows))
  return result
}

/** Shares memory. */
function rowsOf(values: Float32Array, { shape }: LayerParameter, rows: Rows | null): Float32Array {
  if (rows === null) return values
  const row = sizeOf(shape.slice(1))
  return values.subarray(rows[0] * row, rows[1] * row)
}
