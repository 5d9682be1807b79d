/** Relatives of the vision transformer: those with tensors of their own, and those that only a config tells apart. */
import type { ModelConfig } from '../../checkpoints'
import type { TensorShapes } from '../types'

/** Names that only they have, and what they are called. */
const RELATIVES: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/relative_position|rel_pos/, 'relative positions (BEiT)'],
  [/\.(q|v)_bias$|\.lambda_[12]$/, 'biases of queries and values alone (BEiT)'],
  [/(^|\.)rope|freqs|periods/, 'rotary positions'],
  [/^attn_pool\./, 'attention pooling'],
  [/^pre_logits\./, 'a representation layer before the classifier'],
  [/\.attn\.gate\./, 'gated attention'],
  [/\.mlp\.(fc1_[gx]|w[123])\./, 'a gated MLP in another arrangement than timm’s'],
  [/proj_[lw]\./, 'talking heads (CaiT)'],
  [/^patch_embed\.(backbone|proj\.\d)/, 'a convolutional stem']
]

/** What keeps these tensors from being a transformer that is built; null: nothing that has a name. */
export function relativeOf(shapes: TensorShapes, targets: TensorShapes): string | null {
  const others = [...shapes.keys()].filter((name) => !targets.has(name) && ownsName(name))
  for (const [pattern, what] of RELATIVES) if (others.some((name) => pattern.test(name))) return what
  return null
}

/** In timm's names of networks: what computes otherwise with the very same tensors. */
const UNLIKE: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/_rpn_/, 'norms behind attention and MLP'],
  [/_rope_|^eva/, 'rotary positions'],
  [/siglip/, 'the activation of SigLIP']
]

/** Activations that are built; a gated MLP has its own. */
const ACTIVATIONS = /^(gelu|gelu_python|quick_?gelu)$/i

/** A network that has these tensors and is another, by what stands in a config; null: none. */
export function unlikeOf(config: ModelConfig | null, gated: boolean): string | null {
  const architecture = config?.architecture ?? null
  const activation = config?.activation ?? null
  if (activation !== null && !gated && !ACTIVATIONS.test(activation)) return `the activation "${activation}"`
  const found = UNLIKE.find(([pattern]) => pattern.test(architecture ?? ''))
  return architecture === null || found === undefined ? null : `"${architecture}" (${found[1]})`
}

const OWN =
  /^((cls|dist|reg)_token|pos_embed|patch_embed|norm_pre|blocks|norm|fc_norm|head|head_dist|pre_logits|attn_pool)(\.|$)|(^|\.)(rel_pos|relative_position|rope)/

/** Whether a tensor that is no target would change the logits: a mask token or a decoder of pre-training does not. */
export function ownsName(name: string): boolean {
  return OWN.test(name)
}
