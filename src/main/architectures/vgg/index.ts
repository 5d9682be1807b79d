/**
 * VGGs of torchvision, timm and CIFAR code, of any depth and width, with and without batch norm.
 * Source of the layout: Simonyan and Zisserman, arXiv 1409.1556.
 */
import { modulesOf } from '../modules'
import type { Architecture } from '../types'
import { buildVgg } from './build'
import { layoutOf, type Vgg } from './layout'
import { targetsOf } from './targets'

export const vgg: Architecture = {
  family: 'vgg',
  choices: [],
  dialects: [],
  recognise(shapes) {
    const model = layoutOf(shapes, modulesOf(shapes))
    if (model === null) return null
    const { classifier } = model.head
    return {
      family: 'vgg',
      description: describe(model),
      choice: 'vgg',
      targets: targetsOf(model, shapes),
      classifier,
      heads: null,
      owns: (name) => /^(features|classifier|pre_logits|head)\./.test(name),
      classes: shapes.get(`${classifier}.weight`)?.[0] ?? null,
      inputSize: model.inputSize,
      notes: [],
      build: (tensors) => buildVgg(model, tensors)
    }
  }
}

/** VGG-16 has 13 convolutions and three linear layers. */
function describe({ convolutions, head }: Vgg): string {
  const depth = convolutions.length + head.hidden.length + 1
  const normed = convolutions.some(({ norm }) => norm !== null)
  const traits = [...(normed ? ['batch norm'] : []), ...(head.size === 1 ? ['32 × 32 pixels'] : [])]
  return [`VGG of ${String(depth)} layers`, ...traits].join(', ')
}
