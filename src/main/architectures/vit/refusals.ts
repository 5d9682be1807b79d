/** Relatives of the vision transformer that its tensors give away, or a config names, and that are not built. */
import type { TensorShapes } from '../types'

const BY_TENSOR: readonly (readonly [RegExp, string])[] = [
  [/\.(q_bias|v_bias)$/, 'biases of queries and values apart (BEiT, EVA)'],
  [/relative_position_bias_table$|\.rel_pos\./, 'relative positions'],
  [/^rope\.|\.rope\./, 'rotary positions'],
  [/\.gamma_1$/, 'LayerScale as BEiT and EVA have it'],
  [/\.mlp\.(w12|w3|fc1_g|fc1_x|gate_proj)\./, 'gated MLPs (SwiGLU)'],
  [/^attn_pool\./, 'attention pooling'],
  [/^patch_embed\.backbone\./, 'a convolutional network for patch embedding'],
  [/\.in_proj\.|\.mlp_out_proj\./, 'parallel attention and MLP']
]

/** Of timm's names: what computes otherwise with the same tensors. */
const BY_NAME: readonly (readonly [RegExp, string])[] = [
  [/_rpn_/, 'norms behind attention and MLP'],
  [/_rope_|^eva/, 'rotary positions'],
  [/siglip/, 'the activation of SigLIP']
]

/** What these tensors are, in words; null: a plain vision transformer, as far as can be told. */
export function relativeOf(shapes: TensorShapes): string | null {
  const names = [...shapes.keys()]
  return BY_TENSOR.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1] ?? null
}

/** A network that has the same tensors and computes something else, by its name in a config; null: none. */
export function unlikeOf(architecture: string | null): string | null {
  if (architecture === null) return null
  const found = BY_NAME.find(([pattern]) => pattern.test(architecture))
  return found === undefined ? null : `"${architecture}" (${found[1]})`
}
