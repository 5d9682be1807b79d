/**
 * Vision transformers (Dosovitskiy et al., arXiv 2010.11929) as timm names them, with the variants of DeiT, DINO,
 * DINOv2 and CLIP: sizes are inferred from names and shapes.
 */
import type { Warning } from '@shared/contract/model'
import type { Architecture, Hints, Recognition } from '../types'
import { buildVit } from './build'
import { dialects } from './dialects'
import { headsOf } from './heads'
import { layoutOf, POOLING_CHOICES, type Pooling, type Vit } from './layout'
import { ownsName, relativeOf, unlikeOf } from './refusals'
import { targetsOf } from './targets'

const QUICK_GELU = 'vit:quick-gelu'

/** timm's, torchvision's, DINO's. */
const EPSILON = 1e-6
/** timm's where a norm stands before the blocks, as in CLIP. */
const PRE_NORM_EPSILON = 1e-5

const ACTIVATION_ASSUMED: Warning = {
  code: 'activation-assumed',
  message: `The network normalises before its first block, as CLIP's do, whose activation no tensor tells: GELU is taken. Choose ${QUICK_GELU} for weights of OpenAI's.`
}

export const vit: Architecture = {
  family: 'vit',
  choices: [...Object.keys(POOLING_CHOICES), QUICK_GELU],
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
    const unlike = hints.choice === undefined ? unlikeOf(hints.config ?? null, layout.gated) : null
    const pooling = layout.pooling === 'average' ? 'vit:average' : 'vit:class-token'
    return {
      family: 'vit',
      description: describe(layout, heads, quickGelu),
      choice: quickGelu ? QUICK_GELU : pooling,
      choices: layout.classToken ? vit.choices : ['vit:average', QUICK_GELU],
      ...(refusal === null ? {} : { refusal }),
      ...(unlike === null ? {} : { unlike }),
      targets,
      classifier: 'head',
      heads,
      owns: ownsName,
      classes: layout.classes === 0 ? null : layout.classes,
      inputSize: layout.grid * layout.patch,
      notes: [...notes, ...(preNorm && !quickGelu && hints.config === null ? [ACTIVATION_ASSUMED] : [])],
      build: (tensors) => buildVit(layout, { heads, epsilon, quickGelu }, targets, tensors)
    } satisfies Recognition
  }
}

/** No tensor tells the activation; timm's name of the network does. */
function isQuickGelu({ choice, config }: Hints): boolean {
  return (
    choice === QUICK_GELU ||
    (choice === undefined && /^quick_?gelu$/i.test(config?.activation ?? '')) ||
    /quickgelu/i.test(config?.architecture ?? '')
  )
}

const POOLING_TRAIT: Readonly<Record<Pooling, string | null>> = {
  token: null,
  average: 'average pooling',
  'token-average': 'class token and average',
  'tokens-average': 'class tokens of four blocks and average'
}

function describe(vit: Vit, heads: number, quickGelu: boolean): string {
  const size = String(vit.grid * vit.patch)
  const traits = [
    `width ${String(vit.width)}`,
    `depth ${String(vit.depth)}`,
    `${String(heads)} ${heads === 1 ? 'head' : 'heads'}`,
    `patch ${String(vit.patch)}`,
    `${size}×${size}`,
    vit.registers > 0 ? `${String(vit.registers)} registers` : null,
    vit.distToken ? 'distilled' : null,
    vit.gated ? 'SwiGLU' : null,
    quickGelu ? 'quick GELU' : null,
    POOLING_TRAIT[vit.pooling]
  ]
  return `ViT, ${traits.filter((trait) => trait !== null).join(', ')}`
}
