import { LinchpinError } from '@shared/errors'
import { sizeOf, type GraphLayer, type Replacement } from '../graph'
import { SCHEME_DRAWS, type DrawScheme } from './schemes'
import { randomStream } from './stream'

export { schemeFor, type DrawScheme } from './schemes'

export type LayerPerturbation =
  | { readonly kind: 'randomize'; readonly scheme: DrawScheme }
  | { readonly kind: 'zero' }
  /** Layers of a second model of the same architecture. */
  | { readonly kind: 'reinit'; readonly source: readonly GraphLayer[] }
  | { readonly kind: 'identity' }

interface Target {
  readonly layer: GraphLayer
  readonly layers: readonly GraphLayer[]
  readonly seed: number
  readonly trial: number
}

/**
 * The parameters that take the place of the layer's own.
 * @throws LAYER_UNKNOWN, TENSOR_SHAPE when the second checkpoint has no such layer.
 */
export function perturb(perturbation: LayerPerturbation, target: Target): Replacement[] {
  const { layer, layers, seed, trial } = target
  switch (perturbation.kind) {
    case 'randomize': {
      const draw = SCHEME_DRAWS[perturbation.scheme]
      return layer.tensors.map((parameter) => ({
        parameter,
        values: draw(parameter, {
          layer,
          layers,
          stream: ({ role }) => randomStream({ seed, layer: layer.name, tensor: role, trial })
        })
      }))
    }
    case 'zero':
      // Parameters, not buffers: the statistics of a batch norm stay.
      return layer.tensors
        .filter(({ role }) => role === 'weight' || role === 'bias')
        .map((parameter) => ({ parameter, values: new Float32Array(sizeOf(parameter.shape)) }))
    case 'reinit':
      return reinitialised(layer, perturbation.source)
    case 'identity':
      return layer.tensors.map((parameter) => ({ parameter, values: parameter.read() }))
  }
}

function reinitialised(layer: GraphLayer, source: readonly GraphLayer[]): Replacement[] {
  const other = source.find((candidate) => candidate.name === layer.name)
  if (other === undefined) {
    throw new LinchpinError('LAYER_UNKNOWN', `The second checkpoint has no layer "${layer.name}".`)
  }
  return layer.tensors.map((parameter) => {
    const tensor = other.tensors.find(({ role }) => role === parameter.role)
    const same =
      tensor?.shape.length === parameter.shape.length &&
      tensor.shape.every((size, i) => size === parameter.shape[i])
    if (tensor === undefined || !same) {
      throw new LinchpinError(
        'TENSOR_SHAPE',
        `"${parameter.name}" of the second checkpoint is [${(tensor?.shape ?? []).join(', ')}], expected [${parameter.shape.join(', ')}].`
      )
    }
    return { parameter, values: tensor.read() }
  })
}
