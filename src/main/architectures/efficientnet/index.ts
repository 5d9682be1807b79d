/**
 * EfficientNet B0 to B8 and L2 of timm and torchvision, and EfficientNet-Lite of timm.
 * Source of the layout: Tan and Le, arXiv 1905.11946.
 */
import type { Warning } from '@shared/contract/model'
import { buildInverted } from '../inverted/build'
import { classesOf, depthsOf, isInverted, layoutOf, owns, type Inverted, type Plan } from '../inverted/layout'
import { targetsOf } from '../inverted/targets'
import { modulesOf } from '../modules'
import type { Architecture, Hints } from '../types'
import { torchvision } from './torchvision'

const FULL: Plan = {
  kernels: [3, 3, 5, 3, 5, 5, 3],
  strides: [1, 2, 2, 2, 1, 2, 1],
  expansions: [1, 6, 6, 6, 6, 6, 6],
  activation: 'silu',
  squeeze: true
}
const LITE: Plan = { ...FULL, activation: 'relu6', squeeze: false }

const PYTORCH = 'efficientnet:pytorch'
const TENSORFLOW = 'efficientnet:tf'

/** ε of PyTorch's batch norms, and of those that come from TensorFlow. */
const EPSILON = { pytorch: 1e-5, tensorflow: 1e-3 }
/** torchvision's B5 to B7 have TensorFlow's ε; the second stage tells them: B4 has 4 blocks in it, B5 5. */
const DEEPEST_WITH_PYTORCH_EPSILON = 4

const PYTORCH_ASSUMED: Warning = {
  code: 'efficientnet-padding',
  message:
    'Tensors do not tell whether an EfficientNet comes from TensorFlow (timm’s tf_ models). It is taken for one of PyTorch: symmetric padding, ε = 1e-5. Choose efficientnet:tf if its name begins with tf_.'
}

export const efficientnet: Architecture = {
  family: 'efficientnet',
  choices: [PYTORCH, TENSORFLOW],
  dialects: [torchvision],
  recognise(shapes, hints) {
    const modules = modulesOf(shapes)
    if (!isInverted(FULL, modules) || unlike(hints)) return null
    const plan = modules.has('blocks.0.0.se') ? FULL : LITE
    const origin = originOf(hints)
    const depth = [...modules].filter((name) => /^blocks\.1\.\d+$/.test(name)).length
    const tensorflow = origin === TENSORFLOW
    const model = layoutOf(plan, modules, {
      same: tensorflow,
      epsilon: tensorflow || (hints.naming === 'torchvision' && depth > DEEPEST_WITH_PYTORCH_EPSILON) ? EPSILON.tensorflow : EPSILON.pytorch // prettier-ignore
    })
    return {
      family: 'efficientnet',
      description: describe(plan, model),
      choice: origin ?? PYTORCH,
      ...(hints.naming === 'torchvision' ? { choices: [] } : {}),
      targets: targetsOf(model, shapes),
      classifier: 'classifier',
      heads: null,
      owns,
      classes: classesOf(shapes),
      inputSize: 224,
      notes: origin === null ? [PYTORCH_ASSUMED] : [],
      build: (tensors) => buildInverted(model, tensors)
    }
  }
}

/** Null: nothing tells. */
function originOf({ choice, naming, config }: Hints): typeof PYTORCH | typeof TENSORFLOW | null {
  if (naming === 'torchvision') return PYTORCH
  if (choice === PYTORCH || choice === TENSORFLOW) return choice
  const name = config?.architecture ?? ''
  if (name.startsWith('tf_efficientnet')) return TENSORFLOW
  return /^(efficientnet|tinynet)_/.test(name) ? PYTORCH : null
}

/** Those of timm's models that share all names and shapes and compute something else. */
function unlike({ config }: Hints): boolean {
  return /_blur_|_pruned/.test(config?.architecture ?? '')
}

function describe(plan: Plan, model: Inverted): string {
  const name = plan.squeeze ? 'EfficientNet' : 'EfficientNet-Lite'
  return `${name} ${depthsOf(model)}${model.same ? ', TensorFlow’s padding' : ''}`
}
