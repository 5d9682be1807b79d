import type { TensorShapes } from '../types'
import { POOLED, prefixTokens, type Vit } from './layout'

/**
 * Every tensor of the network with its shape, in network order. Parts that a transformer can be without (biases of
 * linear layers, LayerScale, further norms) are targets in all blocks where one block has them.
 */
export function targetsOf(vit: Vit, heads: number): TensorShapes {
  const { width, patch, grid, registers, positions, parts } = vit
  const result = new Map<string, readonly number[]>()
  const norm = (name: string): void => {
    result.set(`${name}.weight`, [width])
    result.set(`${name}.bias`, [width])
  }
  const head = (name: string, features: number): void => {
    result.set(`${name}.weight`, [vit.classes, features])
    result.set(`${name}.bias`, [vit.classes])
  }
  result.set('patch_embed.proj.weight', [width, 3, patch, patch])
  // timm leaves the bias out where a norm follows.
  if (!parts.has('norm_pre.weight') || parts.has('patch_embed.proj.bias')) {
    result.set('patch_embed.proj.bias', [width])
  }
  if (parts.has('patch_embed.norm.weight')) norm('patch_embed.norm')
  if (vit.classToken) result.set('cls_token', [1, 1, width])
  if (vit.distToken) result.set('dist_token', [1, 1, width])
  if (registers > 0) result.set('reg_token', [1, registers, width])
  const placed = { all: prefixTokens(vit), patches: 0, class: 1 }[positions]
  result.set('pos_embed', [1, placed + grid * grid, width])
  if (parts.has('norm_pre.weight')) norm('norm_pre')
  const block = blockTargets(vit, heads)
  for (let i = 0; i < vit.depth; i++) {
    for (const [name, shape] of block) result.set(`blocks.${String(i)}.${name}`, shape)
  }
  const pooled = parts.has('fc_norm.weight')
  if (parts.has('norm.weight') || !pooled) norm('norm')
  if (pooled) norm('fc_norm')
  head('head', POOLED[vit.pooling] * width)
  if (parts.has('head_dist.weight')) head('head_dist', width)
  return result
}

/** Names below `blocks.N.`, the same for every N. */
function blockTargets({ width, hidden, gated, parts }: Vit, heads: number): TensorShapes {
  const result = new Map<string, readonly number[]>()
  const has = (name: string): boolean => parts.has(`blocks.${name}`)
  const norm = (name: string, size: number): void => {
    result.set(`${name}.weight`, [size])
    result.set(`${name}.bias`, [size])
  }
  const normIfThere = (name: string, size: number): void => {
    if (has(`${name}.weight`)) norm(name, size)
  }
  const linear = (name: string, out: number, inputs: number): void => {
    result.set(`${name}.weight`, [out, inputs])
    if (has(`${name}.bias`)) result.set(`${name}.bias`, [out])
  }
  const scale = (name: string): void => {
    if (has(`${name}.gamma`)) result.set(`${name}.gamma`, [width])
  }
  const inner = gated ? hidden / 2 : hidden
  norm('norm1', width)
  linear('attn.qkv', 3 * width, width)
  normIfThere('attn.q_norm', width / heads)
  normIfThere('attn.k_norm', width / heads)
  normIfThere('attn.norm', width)
  linear('attn.proj', width, width)
  scale('ls1')
  norm('norm2', width)
  linear('mlp.fc1', hidden, width)
  normIfThere('mlp.norm', inner)
  linear('mlp.fc2', width, inner)
  scale('ls2')
  return result
}
