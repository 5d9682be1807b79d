import type { GraphLayer } from '../graph'

/**
 * The family that a graph's layers are of, as their names tell: fresh parameters are drawn as that family's are. Null
 * where they do not tell; a Swin transformer is none of these.
 */
export function familyOf(layers: readonly GraphLayer[]): string | null {
  const names = layers.map(({ name }) => name)
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name))
  if (['conv1', 'layer1.0.conv1', 'layer1.0.conv2', 'fc'].every((name) => names.includes(name)))
    return 'resnet'
  const scaled = layers.some(({ kind }) => kind === 'scale')
  // timm, Hugging Face and the original; torchvision.
  const depthwise = has(/(^|\.)(conv_dw|dwconv)$/) || has(/^features\.\d+\.\d+\.layer_scale$/)
  if (depthwise && scaled && has(/(^|\.)(stages|features)\.\d+\./)) return 'convnext'
  const attention = has(/(attn\.qkv|self_attention\.in_proj|attention\.(attention\.)?query|attn\.in_proj)$/)
  const positions = has(/(^|\.)(pos_embed|pos_embedding|position_embeddings|positional_embedding)$/)
  return attention && positions && !has(/relative_position/) ? 'vit' : null
}
