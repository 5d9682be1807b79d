/** Relatives of the vision transformer that have its names but compute something else. */
import type { TensorShapes } from '../types'

/** Names that only they have, and what they are called. */
const RELATIVES: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/relative_position|rel_pos/, 'relative positions (BEiT)'],
  [/\.(q|v)_bias$|\.lambda_[12]$/, 'biases of queries and values alone (BEiT)'],
  [/rope|freqs|periods/, 'rotary positions'],
  [/^attn_pool\./, 'attention pooling'],
  [/^pre_logits\./, 'a representation layer before the classifier'],
  [/\.attn\.gate\./, 'gated attention'],
  [/\.mlp\.(fc1_[gx]|w[123])\./, 'a gated MLP in another arrangement than timm’s'],
  [/proj_[lw]\./, 'talking heads (CaiT)'],
  [/^patch_embed\.(backbone|proj\.\d)/, 'a convolutional stem']
]

/** What keeps these tensors from being a transformer that is built; null: nothing that has a name. */
export function relativeOf(shapes: TensorShapes, targets: TensorShapes): string | null {
  const others = [...shapes.keys()].filter((name) => !targets.has(name))
  for (const [pattern, what] of RELATIVES) if (others.some((name) => pattern.test(name))) return what
  return null
}

const OWN =
  /^((cls|dist|reg)_token|pos_embed|patch_embed|norm_pre|blocks|norm|fc_norm|head|head_dist|pre_logits|attn_pool)(\.|$)|rel_pos|relative_position|rope/

/** Whether a tensor that is no target would change the logits: a mask token or a decoder of pre-training does not. */
export function ownsName(name: string): boolean {
  return OWN.test(name)
}
