import type { OnnxModel } from './model'
import { GraphValues } from './values'

/**
 * Whether an exporter has probably folded batch norms into convolutions: a residual network (sums of computed values)
 * whose convolutions all have a bias, and not one normalisation. VGG-like networks without batch norm have no sums.
 */
export function batchNormsFolded(model: OnnxModel): boolean {
  const { node: nodes } = model.graph
  const values = new GraphValues(model.graph)
  const convolutions = nodes.filter((node) => node.opType === 'Conv')
  // Older operator sets write a layer norm out: its square root is in no network without normalisation.
  const normalised = nodes.some((node) => /(Normalization|^Sqrt)$/.test(node.opType))
  const residual = nodes.some(
    (node) => node.opType === 'Add' && node.input.every((input) => values.constant(input) === null)
  )
  const biased = convolutions.every((node) => node.input.length > 2 && node.input[2] !== '')
  return convolutions.length > 0 && biased && residual && !normalised
}
