/** The tensors that a ResNet must have. */
import type { TensorShapes } from '../types'
import { STEM_POOLING, type Convolution, type ResNet } from './layout'

export const NORM_PARTS = ['weight', 'bias', 'running_mean', 'running_var'] as const

/** Every tensor that the network needs, with the shape it must have, in network order. */
export function targetsOf(model: ResNet, shapes: TensorShapes): ReadonlyMap<string, readonly number[]> {
  const targets = new Map<string, readonly number[]>()
  /** Output channels are the tensor's own; whatever follows must take them. */
  const convolution = ({ name, norm, kernel, groups }: Convolution, input: number): number => {
    const output = shapes.get(`${name}.weight`)?.[0] ?? shapes.get(`${norm}.weight`)?.[0] ?? 0
    targets.set(`${name}.weight`, [output, input / groups, kernel, kernel])
    for (const part of NORM_PARTS) targets.set(`${norm}.${part}`, [output])
    return output
  }
  let width = 3
  for (const layer of model.stem) width = convolution(layer, width)
  if (model.pooling === 'convolution') width = convolution(STEM_POOLING, width)
  for (const block of model.stages.flat()) {
    const input = width
    for (const layer of block.convolutions) width = convolution(layer, width)
    if (block.squeeze) {
      const reduced = shapes.get(`${block.name}.se.fc1.weight`)?.[0] ?? 0
      targets.set(`${block.name}.se.fc1.weight`, [reduced, width, 1, 1])
      targets.set(`${block.name}.se.fc1.bias`, [reduced])
      targets.set(`${block.name}.se.fc2.weight`, [width, reduced, 1, 1])
      targets.set(`${block.name}.se.fc2.bias`, [width])
    }
    // A block that changes size or number of channels cannot have an identity for its shortcut.
    const strided = block.convolutions.some(({ stride }) => stride > 1)
    if (block.shortcut !== null || width !== input || strided) {
      const { name, norm, kernel } = block.shortcut?.convolution ?? {
        name: `${block.name}.downsample.0`,
        norm: `${block.name}.downsample.1`,
        kernel: 1
      }
      targets.set(`${name}.weight`, [width, input, kernel, kernel])
      for (const part of NORM_PARTS) targets.set(`${norm}.${part}`, [width])
    }
  }
  const classes = shapes.get('fc.weight')?.[0] ?? shapes.get('fc.bias')?.[0] ?? 0
  targets.set('fc.weight', [classes, width])
  targets.set('fc.bias', [classes])
  return targets
}
