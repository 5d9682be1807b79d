/** The tensors that a network of inverted residual blocks must have. */
import { NORM_PARTS } from '../pieces'
import type { TensorShapes } from '../types'
import { partsOf, type Inverted } from './layout'

/** Every tensor that the network needs, with the shape it must have, in network order. */
export function targetsOf(model: Inverted, shapes: TensorShapes): ReadonlyMap<string, readonly number[]> {
  const targets = new Map<string, readonly number[]>()
  const lengthOf = (name: string): number => shapes.get(name)?.[0] ?? 0
  const normed = ([convolution, norm]: readonly [string, string], weight: readonly number[]): number => {
    targets.set(`${convolution}.weight`, weight)
    for (const part of NORM_PARTS) targets.set(`${norm}.${part}`, [weight[0] ?? 0])
    return weight[0] ?? 0
  }
  const withBias = (module: string, weight: readonly number[]): void => {
    targets.set(`${module}.weight`, weight)
    targets.set(`${module}.bias`, [weight[0] ?? 0])
  }
  let width = normed(['conv_stem', 'bn1'], [lengthOf('conv_stem.weight'), 3, 3, 3])
  for (const block of model.stages.flat()) {
    const { expand, depthwise, project } = partsOf(block)
    // Pruned networks have other numbers of hidden channels, and other paddings: they are refused here.
    const hidden = width * block.expansion
    if (expand !== null) normed(expand, [hidden, width, 1, 1])
    normed(depthwise, [hidden, 1, block.kernel, block.kernel])
    if (block.squeeze) {
      const reduced = lengthOf(`${block.name}.se.conv_reduce.weight`)
      withBias(`${block.name}.se.conv_reduce`, [reduced, hidden, 1, 1])
      withBias(`${block.name}.se.conv_expand`, [hidden, reduced, 1, 1])
    }
    width = normed(project, [lengthOf(`${project[0]}.weight`), hidden, 1, 1])
  }
  width = normed(['conv_head', 'bn2'], [lengthOf('conv_head.weight'), width, 1, 1])
  withBias('classifier', [shapes.get('classifier.weight')?.[0] ?? lengthOf('classifier.bias'), width])
  return targets
}
