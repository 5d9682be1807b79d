/** The tensors that a VGG must have. */
import { NORM_PARTS } from '../pieces'
import type { TensorShapes } from '../types'
import type { Vgg } from './layout'

/** Every tensor that the network needs, with the shape it must have, in network order. */
export function targetsOf(model: Vgg, shapes: TensorShapes): ReadonlyMap<string, readonly number[]> {
  const targets = new Map<string, readonly number[]>()
  const lengthOf = (name: string): number => shapes.get(name)?.[0] ?? 0
  let width = 3
  for (const { name, norm } of model.convolutions) {
    const output = lengthOf(`${name}.weight`)
    targets.set(`${name}.weight`, [output, width, 3, 3])
    if (model.bias) targets.set(`${name}.bias`, [output])
    if (norm !== null) for (const part of NORM_PARTS) targets.set(`${norm}.${part}`, [output])
    width = output
  }
  const { hidden, classifier, convolutional, size } = model.head
  ;[...hidden, classifier].forEach((name, i) => {
    const output = lengthOf(`${name}.weight`) || lengthOf(`${name}.bias`)
    const kernel = i === 0 ? size : 1
    if (convolutional && name !== classifier) targets.set(`${name}.weight`, [output, width, kernel, kernel])
    else targets.set(`${name}.weight`, [output, width * kernel * kernel])
    targets.set(`${name}.bias`, [output])
    width = output
  })
  return targets
}
