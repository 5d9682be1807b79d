/**
 * ConvNeXt and ConvNeXt V2 of timm, torchvision, transformers and Facebook, inferred from names and shapes.
 * Source of the layout: Liu et al., arXiv 2201.03545; V2: Woo et al., arXiv 2301.00808.
 */
import { modulesOf, type Modules } from '../modules'
import type { Architecture, TensorShapes } from '../types'
import { buildConvNeXt } from './build'
import { facebook } from './dialects/facebook'
import { huggingFace } from './dialects/hugging-face'
import { torchvision } from './dialects/torchvision'
import { isConvNeXt, layoutOf, type ConvNeXt } from './layout'
import { targetsOf } from './targets'

export const convnext: Architecture = {
  family: 'convnext',
  choices: [],
  dialects: [torchvision, huggingFace, facebook],
  recognise(shapes, hints) {
    const modules = modulesOf(shapes)
    if (!isConvNeXt(modules)) return null
    const model = layoutOf(shapes, modules, hints)
    if (model === null) return null
    const refusal = relativeOf(shapes, modules)
    const activation = hints.choice === undefined ? (hints.config?.activation ?? 'gelu') : 'gelu'
    return {
      family: 'convnext',
      description: describe(model),
      choice: 'convnext',
      targets: targetsOf(model, shapes),
      classifier: 'head.fc',
      heads: null,
      owns: (name) => /^(stem|stages|norm_pre|head)\./.test(name),
      ...(refusal === null ? {} : { refusal }),
      ...(/^gelu(_python)?$/i.test(activation) ? {} : { unlike: `the activation "${activation}"` }),
      classes: shapes.get('head.fc.weight')?.[0] ?? null,
      inputSize: 224,
      notes: [],
      build: (tensors) => buildConvNeXt(model, tensors)
    }
  }
}

function describe(model: ConvNeXt): string {
  const depths = `[${model.stages.map(({ blocks }) => blocks.length).join(', ')}]`
  const traits = [
    ...(model.stem === 'overlap' ? ['overlapping stem'] : []),
    ...(model.normFirst ? ['norm before pooling'] : []),
    ...(model.hidden ? ['hidden layer in the head'] : [])
  ]
  return [`ConvNeXt ${model.responses ? 'V2 ' : ''}${depths}`, ...traits].join(', ')
}

/** What a relative has that is not built; null: nothing that is known. */
function relativeOf(shapes: TensorShapes, modules: Modules): string | null {
  if ([...modules].some((name) => name.endsWith('.xca'))) return 'attention between channels (EdgeNeXt)'
  const first = 'stages.0.blocks.0.norm'
  if (modules.has(first) && !shapes.has(`${first}.bias`)) return 'norms without a bias (RMS norm)'
  if (modules.has('stages.0.blocks.0.shortcut')) return 'shortcuts with a convolution'
  return shapes.has('stages.0.blocks.0.conv_dw.bias') ? null : 'convolutions without a bias'
}
