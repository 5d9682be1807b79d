/** Parameters of a second checkpoint. */
import { LinchpinError } from '@shared/errors'
import type { GraphLayer, LayerParameter } from '../graph'

/**
 * What takes the place of a layer's parameters: those of the second checkpoint's layer of the same name.
 * @throws LAYER_UNKNOWN; the function TENSOR_SHAPE.
 */
export function parametersIn(
  source: readonly GraphLayer[],
  { name }: GraphLayer
): (parameter: LayerParameter) => Float32Array {
  const other = source.find((candidate) => candidate.name === name)
  if (other === undefined) {
    throw new LinchpinError('LAYER_UNKNOWN', `The second checkpoint has no layer "${name}".`)
  }
  return (parameter) => {
    const tensor = other.tensors.find(({ role }) => role === parameter.role)
    const same =
      tensor?.shape.length === parameter.shape.length &&
      tensor.shape.every((size, i) => size === parameter.shape[i])
    if (tensor !== undefined && same) return tensor.read()
    throw new LinchpinError(
      'TENSOR_SHAPE',
      `"${parameter.name}" of the second checkpoint is [${(tensor?.shape ?? []).join(', ')}], expected [${parameter.shape.join(', ')}].`
    )
  }
}
