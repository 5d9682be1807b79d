/**
 * MobileNetV2 of torchvision and timm, of any width and timm's depths.
 * Source of the layout: Sandler et al., arXiv 1801.04381.
 */
import { buildInverted } from '../inverted/build'
import { classesOf, depthsOf, isInverted, layoutOf, owns, type Plan } from '../inverted/layout'
import { targetsOf } from '../inverted/targets'
import { modulesOf } from '../modules'
import type { Architecture } from '../types'
import { torchvision } from './torchvision'

const PLAN: Plan = {
  kernels: [3, 3, 3, 3, 3, 3, 3],
  strides: [1, 2, 2, 2, 1, 2, 1],
  expansions: [1, 6, 6, 6, 6, 6, 6],
  activation: 'relu6',
  squeeze: false
}
/** PyTorch's default, which timm and torchvision keep. */
const EPSILON = 1e-5

export const mobilenet: Architecture = {
  family: 'mobilenet',
  choices: [],
  dialects: [torchvision],
  recognise(shapes) {
    const modules = modulesOf(shapes)
    if (!isInverted(PLAN, modules) || modules.has('blocks.0.0.se')) return null
    const model = layoutOf(PLAN, modules, { epsilon: EPSILON, same: false })
    return {
      family: 'mobilenet',
      description: `MobileNetV2 ${depthsOf(model)}`,
      choice: 'mobilenet',
      targets: targetsOf(model, shapes),
      classifier: 'classifier',
      heads: null,
      owns,
      classes: classesOf(shapes),
      inputSize: 224,
      notes: [],
      build: (tensors) => buildInverted(model, tensors)
    }
  }
}
