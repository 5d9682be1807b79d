import { dialectOf, type Renaming } from './translation'
import type { NamedTensors } from '../../types'

const MODEL = /^(vit|deit|dinov2|dinov2_with_registers)\./
const PROJECTION = 'embeddings.patch_embeddings.projection.weight'
/** Files have `encoder.layer.N.`, and of transformers 5 a model in memory `layers.N.`. */
const BLOCK = /^(?:encoder\.)?layers?\.(\d+)\.(.+)\.(weight|bias|lambda1)$/

/** Module paths outside the blocks. */
const MODULES: readonly (readonly [RegExp, string])[] = [
  [/^embeddings\.cls_token$/, 'cls_token'],
  [/^embeddings\.distillation_token$/, 'dist_token'],
  [/^embeddings\.register_tokens$/, 'reg_token'],
  [/^embeddings\.position_embeddings$/, 'pos_embed'],
  [/^embeddings\.patch_embeddings\.projection\./, 'patch_embed.proj.'],
  [/^layernorm\./, 'norm.'],
  [/^(cls_)?classifier\./, 'head.'],
  [/^distillation_classifier\./, 'head_dist.']
]

/** Modules of a block; a number with them: a part of a matrix of so many. */
const IN_BLOCK: Readonly<Record<string, string | readonly [string, number, number]>> = {
  layernorm_before: 'norm1',
  norm1: 'norm1',
  'attention.attention.query': ['attn.qkv', 0, 3],
  'attention.attention.key': ['attn.qkv', 1, 3],
  'attention.attention.value': ['attn.qkv', 2, 3],
  'attention.q_proj': ['attn.qkv', 0, 3],
  'attention.k_proj': ['attn.qkv', 1, 3],
  'attention.v_proj': ['attn.qkv', 2, 3],
  'attention.output.dense': 'attn.proj',
  'attention.o_proj': 'attn.proj',
  layer_scale1: 'ls1',
  layernorm_after: 'norm2',
  norm2: 'norm2',
  'intermediate.dense': 'mlp.fc1',
  'mlp.weights_in': 'mlp.fc1',
  'mlp.gate_proj': ['mlp.fc1', 0, 2],
  'mlp.up_proj': ['mlp.fc1', 1, 2],
  'output.dense': 'mlp.fc2',
  'mlp.weights_out': 'mlp.fc2',
  'mlp.down_proj': 'mlp.fc2',
  layer_scale2: 'ls2'
}

function rename(full: string): Renaming {
  const name = full.replace(MODEL, '')
  // The pooler serves other tasks, the mask token pre-training.
  if (/^pooler\.|^embeddings\.mask_token$/.test(name)) return null
  const [, index, module = '', parameter = ''] = BLOCK.exec(name) ?? []
  if (index !== undefined) {
    const known = IN_BLOCK[module] ?? module
    const role = parameter === 'lambda1' ? 'gamma' : parameter
    if (typeof known === 'string') return `blocks.${index}.${known}.${role}`
    const [target, part, of] = known
    return { name: `blocks.${index}.${target}.${role}`, part, of }
  }
  for (const [pattern, replacement] of MODULES) {
    if (pattern.test(name)) return name.replace(pattern, replacement)
  }
  return name.replace(/^(?:encoder\.)?layers?\.(\d+)\./, 'blocks.$1.')
}

/** transformers' ViT, DeiT and DINOv2, with and without the model's prefix. */
export const huggingFace = dialectOf({
  name: 'Hugging Face’s ViT',
  spoken: (tensors) => [...tensors.keys()].some((name) => name.replace(MODEL, '') === PROJECTION),
  rename,
  // Default of their configurations; DINOv2, which alone has LayerScale, has 1e-6.
  implied: (tensors) => (hasLayerScale(tensors) ? {} : { hints: { epsilon: 1e-12 } })
})

function hasLayerScale(tensors: NamedTensors): boolean {
  return [...tensors.keys()].some((name) => name.endsWith('.layer_scale1.lambda1'))
}
