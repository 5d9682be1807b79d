/** The tensors that a vision transformer must have. */
import type { TensorShapes } from '../types'
import type { ViT } from './layout'

/** Every tensor that the network needs, with the shape it must have, in network order. */
export function targetsOf(model: ViT, shapes: TensorShapes): TensorShapes {
  const targets = new Map<string, readonly number[]>()
  const { width, grid, patch } = model
  /** Some networks leave the bias out: then both its weight alone and nothing in its place are right. */
  const affine = (name: string, shape: readonly number[], optionalBias = false): void => {
    targets.set(`${name}.weight`, shape)
    if (!optionalBias || shapes.has(`${name}.bias`)) targets.set(`${name}.bias`, [shape[0] ?? 0])
  }
  const norm = (name: string, size = width): void => affine(name, [size])

  affine('patch_embed.proj', [width, 3, patch, patch], true)
  for (const { name, count } of model.tokens) targets.set(name, [1, count, width])
  const positioned = model.tokens
    .filter(
      ({ name }) => model.positions === 'all' || (model.positions !== 'patches' && name !== 'reg_token')
    )
    .reduce((sum, { count }) => sum + count, 0)
  targets.set('pos_embed', [1, grid * grid + positioned, width])
  if (model.preNorm) norm('norm_pre')
  for (let i = 0; i < model.depth; i++) {
    const block = `blocks.${String(i)}`
    const hidden = shapes.get(`${block}.mlp.fc1.weight`)?.[0] ?? 0
    norm(`${block}.norm1`)
    affine(`${block}.attn.qkv`, [3 * width, width], true)
    for (const part of ['q_norm', 'k_norm']) {
      if (shapes.has(`${block}.attn.q_norm.weight`)) norm(`${block}.attn.${part}`, width / model.heads)
    }
    affine(`${block}.attn.proj`, [width, width], true)
    if (shapes.has(`${block}.ls1.gamma`)) targets.set(`${block}.ls1.gamma`, [width])
    norm(`${block}.norm2`)
    affine(`${block}.mlp.fc1`, [hidden, width])
    affine(`${block}.mlp.fc2`, [width, hidden])
    if (shapes.has(`${block}.ls1.gamma`)) targets.set(`${block}.ls2.gamma`, [width])
  }
  if (model.norm) norm('norm')
  if (model.featureNorm) norm('fc_norm')
  const classes = shapes.get('head.weight')?.[0] ?? shapes.get('head.bias')?.[0] ?? 0
  affine('head', [classes, model.pooling === 'both' ? 2 * width : width])
  if (model.distilled) affine('head_dist', [classes, width])
  return targets
}
