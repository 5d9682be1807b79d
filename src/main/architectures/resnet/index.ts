/**
 * ResNets of timm and torchvision: Bottleneck and BasicBlock of any depth, width and number of groups, deep stems,
 * pooled shortcuts and squeeze-and-excitation, inferred from names and shapes.
 * Source of the layout: He et al., arXiv 1512.03385, with the stride in the 3×3 convolution; variants C and D: He et al.,
 * arXiv 1812.01187.
 */
import type { Warning } from '@shared/contract/model'
import { modulesOf } from '../modules'
import type { Architecture, Hints } from '../types'
import { buildResNet } from './build'
import { huggingFace } from './dialects/hugging-face'
import { sequence } from './dialects/sequence'
import { shortcut } from './dialects/shortcut'
import { simclr } from './dialects/simclr'
import { isResNet, layoutOf, type ResNet } from './layout'
import { relativeOf, unlikeOf } from './refusals'
import { targetsOf } from './targets'

const STEMS = ['resnet:imagenet-stem', 'resnet:cifar-stem']
/** Stride in a bottleneck's first convolution, as Caffe's models have it. */
const FIRST_STRIDE = 'resnet:v1'

const CIFAR_ASSUMED: Warning = {
  code: 'cifar-stem',
  message:
    'The first convolution is 3×3: taken for a CIFAR stem (stride 1, no max-pooling). Choose resnet:imagenet-stem if it is not.'
}

export const resnet: Architecture = {
  family: 'resnet',
  choices: [...STEMS, FIRST_STRIDE],
  dialects: [huggingFace, simclr, sequence, shortcut],
  recognise(shapes, { choice, config }) {
    const modules = modulesOf(shapes)
    if (!isResNet(shapes, modules)) return null
    const model = layoutOf(shapes, modules, choice ?? strideOf(config))
    const targets = targetsOf(model, shapes)
    const cifar = model.pooling === 'none'
    const refusal = relativeOf(shapes, targets)
    const unlike = choice === undefined ? unlikeOf(config ?? null) : null
    return {
      family: 'resnet',
      description: describe(model),
      choice: model.firstStride ? FIRST_STRIDE : cifar ? 'resnet:cifar-stem' : 'resnet:imagenet-stem',
      choices: [...(model.stem.length > 1 ? [] : STEMS), ...(model.bottleneck ? [FIRST_STRIDE] : [])],
      targets,
      classifier: 'fc',
      heads: null,
      // Tensors here would change what the network computes; elsewhere (a projection head) they do not.
      owns: (name) => /^(conv\d|bn\d|layer\d+|fc|maxpool|attnpool)\./.test(name),
      ...(refusal === null ? {} : { refusal }),
      ...(unlike === null ? {} : { unlike }),
      classes: shapes.get('fc.weight')?.[0] ?? null,
      inputSize: cifar ? 32 : 224,
      notes: cifar && (choice === undefined || choice === FIRST_STRIDE) ? [CIFAR_ASSUMED] : [],
      build: (tensors) => buildResNet(model, tensors)
    }
  }
}

/** Transformers' configs say where a bottleneck strides. */
function strideOf(config: Hints['config']): string | undefined {
  return config?.stride === 'first-convolution' ? FIRST_STRIDE : undefined
}

function describe(model: ResNet): string {
  const blocks = model.stages.flat()
  const depths = `[${model.stages.map((stage) => stage.length).join(', ')}]`
  const groups = blocks[0]?.convolutions[1]?.groups ?? 1
  const traits = [
    ...(groups > 1 ? [`${String(groups)} groups`] : []),
    ...(model.stem.length > 1 ? ['deep stem'] : []),
    ...(model.pooling === 'none' ? ['CIFAR stem'] : []),
    ...(model.pooling === 'convolution' ? ['convolution for max-pooling'] : []),
    ...(blocks.some((block) => (block.shortcut?.pooling ?? 1) > 1) ? ['pooled shortcuts'] : []),
    ...(blocks.some(({ squeeze }) => squeeze) ? ['squeeze-and-excitation'] : []),
    ...(model.firstStride ? ['stride in the first convolution'] : [])
  ]
  return [`ResNet ${model.bottleneck ? 'Bottleneck' : 'BasicBlock'} ${depths}`, ...traits].join(', ')
}
