/**
 * Vision transformers (Dosovitskiy et al., arXiv 2010.11929) as timm names them, with the variants of DeiT, DINO,
 * DINOv2 and CLIP: sizes are inferred from names and shapes.
 */
import type { Architecture, Hints, Recognition } from '../types'
import { buildVit } from './build'
import { dialects } from './dialects'
import { headsOf } from './heads'
import { layoutOf, type Vit } from './layout'
import { ownsName, relativeOf } from './refusals'
import { targetsOf } from './targets'

const CHOICES = ['vit:gelu', 'vit:quick-gelu']

/** timm's, torchvision's, DINO's. */
const EPSILON = 1e-6
/** timm's where a norm stands before the blocks, as in CLIP. */
const PRE_NORM_EPSILON = 1e-5

export const vit: Architecture = {
  family: 'vit',
  choices: CHOICES,
  dialects,
  recognise(shapes, hints) {
    const layout = layoutOf(shapes, hints)
    if (layout === null) return null
    const { count: heads, notes } = headsOf(layout, shapes, hints)
    const preNorm = layout.parts.has('norm_pre.weight')
    const quickGelu = isQuickGelu(hints)
    const epsilon = hints.epsilon ?? hints.config?.epsilon ?? (preNorm ? PRE_NORM_EPSILON : EPSILON)
    const targets = targetsOf(layout, heads)
    const refusal = relativeOf(shapes, targets)
    return {
      family: 'vit',
      description: describe(layout, heads, quickGelu),
      choice: quickGelu ? 'vit:quick-gelu' : 'vit:gelu',
      ...(refusal === null ? {} : { refusal }),
      targets,
      classifier: 'head',
      heads,
      owns: ownsName,
      classes: layout.classes === 0 ? null : layout.classes,
      inputSize: layout.grid * layout.patch,
      notes,
      build: (tensors) => buildVit(layout, { heads, epsilon, quickGelu }, targets, tensors)
    } satisfies Recognition
  }
}

/** No tensor tells the activation; timm's name of the network does. */
function isQuickGelu({ choice, config }: Hints): boolean {
  if (choice !== undefined) return choice === 'vit:quick-gelu'
  return /quickgelu/i.test(config?.architecture ?? '')
}

function describe(
  { width, depth, patch, grid, registers, gated, distToken }: Vit,
  heads: number,
  quickGelu: boolean
): string {
  const size = String(grid * patch)
  const parts = [
    `${distToken ? 'Distilled ViT' : 'ViT'}, width ${String(width)}`,
    `depth ${String(depth)}`,
    `${String(heads)} ${heads === 1 ? 'head' : 'heads'}`,
    `patch ${String(patch)}`,
    `${size}×${size}`
  ]
  if (registers > 0) parts.push(`${String(registers)} registers`)
  if (gated) parts.push('SwiGLU')
  if (quickGelu) parts.push('quick GELU')
  return parts.join(', ')
}
