/**
 * Vision transformers: any depth, width, patch and image size, with class, distillation and register tokens, inferred
 * from names and shapes. Source of the layout: Dosovitskiy et al., arXiv 2010.11929; distillation token: Touvron et al.,
 * arXiv 2012.12877; LayerScale: arXiv 2103.17239; registers: Darcet et al., arXiv 2309.16588.
 */
import type { Architecture } from '../types'
import { buildViT } from './build'
import { dinov2 } from './dialects/dinov2'
import { huggingFace } from './dialects/hugging-face'
import { torchvision } from './dialects/torchvision'
import { layoutOf, POOLING_CHOICES, QUICK_GELU, type ViT } from './layout'
import { relativeOf, unlikeOf } from './refusals'
import { targetsOf } from './targets'

/** Tensors here would change what the network computes; a token that masks patches in training would not. */
const OWN = /^(patch_embed|blocks|norm\w*|fc_norm|head\w*|pos_\w+|rope|attn_pool|(cls|dist|reg)_token)(\.|$)/

export const vit: Architecture = {
  family: 'vit',
  choices: [...Object.keys(POOLING_CHOICES), QUICK_GELU],
  dialects: [torchvision, huggingFace, dinov2],
  recognise(shapes, hints) {
    const layout = layoutOf(shapes, hints)
    if (layout === null) return null
    const { model, notes } = layout
    const targets = targetsOf(model, shapes)
    const refusal = relativeOf(shapes)
    const unlike = hints.choice === undefined ? unlikeOf(hints.config?.architecture ?? null) : null
    return {
      family: 'vit',
      description: describe(model),
      choice:
        model.activation === 'quick-gelu'
          ? QUICK_GELU
          : model.pooling === 'average'
            ? 'vit:average'
            : 'vit:class-token',
      targets,
      classifier: 'head',
      owns: (name) => OWN.test(name),
      ...(refusal === null ? {} : { refusal }),
      ...(unlike === null ? {} : { unlike }),
      classes: shapes.get('head.weight')?.[0] ?? null,
      inputSize: model.grid * model.patch,
      heads: model.heads,
      notes,
      build: (tensors) => buildViT(model, tensors, (name) => targets.has(name))
    }
  }
}

function describe(model: ViT): string {
  const { width, depth, heads, patch, grid, tokens, pooling } = model
  const registers = tokens.find(({ name }) => name === 'reg_token')?.count ?? 0
  const size = String(grid * patch)
  const traits = [
    `width ${String(width)}`,
    `depth ${String(depth)}`,
    `${String(heads)} heads`,
    `patch ${String(patch)}`,
    `${size}×${size}`,
    ...(registers > 0 ? [`${String(registers)} registers`] : []),
    ...(model.distilled ? ['distilled'] : []),
    ...(pooling === 'class-token'
      ? []
      : [pooling === 'average' ? 'average pooling' : 'class token and average']),
    ...(model.activation === 'gelu' ? [] : ['quick GELU'])
  ]
  return `ViT, ${traits.join(', ')}`
}
