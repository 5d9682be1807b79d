/** A vision transformer as a graph. Sequences are [N, tokens, width]. */
import type { OnnxModel } from '../../graph'
import { Modules } from './modules'
import type { LoadedTensors, TensorShapes } from '../types'
import type { Vit } from './layout'
import { embedded, pooled } from './sequence'

export interface Reading {
  readonly heads: number
  /** Of all norms. */
  readonly epsilon: number
  /** GELU as x · sigmoid(1.702 x), OpenAI's CLIP. */
  readonly quickGelu: boolean
}

export function buildVit(
  vit: Vit,
  reading: Reading,
  targets: TensorShapes,
  tensors: LoadedTensors
): OnnxModel {
  const modules = new Modules(tensors, targets)
  const { graph } = modules
  const { width, grid, patch, depth } = vit
  const { epsilon } = reading
  const norm = (x: string, name: string): string => modules.layerNorm(x, name, epsilon)
  const normIfThere = (x: string, name: string): string => (modules.has(`${name}.weight`) ? norm(x, name) : x)

  let x = modules.patches('images', 'patch_embed.proj')
  x = modules.reshaped(x, 'patch_embed.flatten', [0, width, grid * grid])
  x = normIfThere(modules.transposed(x, 'patch_embed.transpose', [0, 2, 1]), 'patch_embed.norm')
  x = normIfThere(embedded(x, vit, modules), 'norm_pre')
  const blocks: string[] = []
  for (let i = 0; i < depth; i++) {
    x = block(x, `blocks.${String(i)}`, vit, reading, modules)
    blocks.push(x)
  }
  const { features, distilled } = pooled(blocks, vit, (tokens) => normIfThere(tokens, 'norm'), modules)
  let logits = modules.linear(normIfThere(features, 'fc_norm'), 'head')
  if (modules.has('head_dist.weight')) {
    const other = modules.linear(distilled(), 'head_dist')
    const sum = graph.node('Add', 'head.sum', [logits, other])
    logits = graph.node('Mul', 'head.mean', [sum, modules.number(0.5)])
  }
  return modules.finish(logits, vit.classes, grid * patch)
}

function block(input: string, name: string, vit: Vit, reading: Reading, modules: Modules): string {
  const { epsilon } = reading
  const scaled = (x: string, gamma: string): string => (modules.has(gamma) ? modules.scaled(x, gamma) : x)
  const add = (x: string, y: string, sum: string): string =>
    modules.graph.node('Add', `${name}.${sum}`, [x, y])
  const attended = attention(
    modules.layerNorm(input, `${name}.norm1`, epsilon),
    `${name}.attn`,
    vit,
    reading,
    modules
  )
  const x = add(input, scaled(attended, `${name}.ls1.gamma`), 'add1')
  const fed = mlp(modules.layerNorm(x, `${name}.norm2`, epsilon), `${name}.mlp`, vit, reading, modules)
  return add(x, scaled(fed, `${name}.ls2.gamma`), 'add2')
}

/** softmax(q kᵀ / √d) v for each head of d features. */
function attention(input: string, name: string, vit: Vit, reading: Reading, modules: Modules): string {
  const { graph } = modules
  const { heads, epsilon } = reading
  const size = vit.width / heads
  const qkv = graph.split(`${name}.split`, modules.tokenLinear(input, `${name}.qkv`), 3, 2)
  const part = (index: number, letter: string, order: readonly number[]): string => {
    const heady = modules.reshaped(qkv[index] ?? '', `${name}.${letter}`, [0, 0, heads, size])
    const normed = modules.has(`${name}.${letter}_norm.weight`)
      ? modules.layerNorm(heady, `${name}.${letter}_norm`, epsilon)
      : heady
    return modules.transposed(normed, `${name}.${letter}.transpose`, order)
  }
  const query = graph.node('Mul', `${name}.q.scaled`, [
    part(0, 'q', [0, 2, 1, 3]),
    modules.number(size ** -0.5)
  ])
  const likeness = graph.node('MatMul', `${name}.scores`, [query, part(1, 'k', [0, 2, 3, 1])])
  const shares = graph.node('Softmax', `${name}.softmax`, [likeness], { axis: -1 })
  const mixed = graph.node('MatMul', `${name}.mix`, [shares, part(2, 'v', [0, 2, 1, 3])])
  const turned = modules.transposed(mixed, `${name}.transpose`, [0, 2, 1, 3])
  const x = modules.reshaped(turned, `${name}.join`, [0, 0, vit.width])
  const normed = modules.has(`${name}.norm.weight`) ? modules.layerNorm(x, `${name}.norm`, epsilon) : x
  return modules.tokenLinear(normed, `${name}.proj`)
}

function mlp(input: string, name: string, { gated }: Vit, reading: Reading, modules: Modules): string {
  const { graph } = modules
  const hidden = modules.tokenLinear(input, `${name}.fc1`)
  /** x · sigmoid(βx): SiLU with β = 1. */
  const swish = (x: string, beta: number): string => {
    const scaled = beta === 1 ? x : graph.node('Mul', `${name}.act.scaled`, [x, modules.number(beta)])
    return graph.node('Mul', `${name}.act`, [x, graph.node('Sigmoid', `${name}.act.gate`, [scaled])])
  }
  const activated = (): string => {
    if (!gated) return reading.quickGelu ? swish(hidden, 1.702) : modules.gelu(hidden, `${name}.act`)
    const [gate = '', value = ''] = graph.split(`${name}.split`, hidden, 2, 2)
    return graph.node('Mul', `${name}.gated`, [swish(gate, 1), value])
  }
  const x = activated()
  const normed = modules.has(`${name}.norm.weight`)
    ? modules.layerNorm(x, `${name}.norm`, reading.epsilon)
    : x
  return modules.tokenLinear(normed, `${name}.fc2`)
}
