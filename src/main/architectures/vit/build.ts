/** A vision transformer as a graph. Sequences are [N, tokens, width]. */
import type { OnnxModel } from '../../graph'
import { TokenPieces } from './pieces'
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
  const pieces = new TokenPieces(tensors, targets)
  const { graph } = pieces
  const { width, grid, patch, depth } = vit
  const { epsilon } = reading
  const norm = (x: string, name: string): string => pieces.layerNorm(x, name, epsilon)
  const normIfThere = (x: string, name: string): string => (pieces.has(`${name}.weight`) ? norm(x, name) : x)

  let x = pieces.patches('images', 'patch_embed.proj')
  x = pieces.reshaped(x, 'patch_embed.flatten', [0, width, grid * grid])
  x = normIfThere(pieces.transposed(x, 'patch_embed.transpose', [0, 2, 1]), 'patch_embed.norm')
  x = normIfThere(embedded(x, vit, pieces), 'norm_pre')
  const blocks: string[] = []
  for (let i = 0; i < depth; i++) {
    x = block(x, `blocks.${String(i)}`, vit, reading, pieces)
    blocks.push(x)
  }
  const { features, distilled } = pooled(blocks, vit, (tokens) => normIfThere(tokens, 'norm'), pieces)
  let logits = pieces.linear(normIfThere(features, 'fc_norm'), 'head')
  if (pieces.has('head_dist.weight')) {
    const other = pieces.linear(distilled(), 'head_dist')
    const sum = graph.node('Add', 'head.sum', [logits, other])
    logits = graph.node('Mul', 'head.mean', [sum, pieces.number(0.5)])
  }
  return pieces.finish(logits, vit.classes, grid * patch)
}

function block(input: string, name: string, vit: Vit, reading: Reading, pieces: TokenPieces): string {
  const { epsilon } = reading
  const scaled = (x: string, gamma: string): string => (pieces.has(gamma) ? pieces.scaled(x, gamma) : x)
  const add = (x: string, y: string, sum: string): string =>
    pieces.graph.node('Add', `${name}.${sum}`, [x, y])
  const attended = attention(
    pieces.layerNorm(input, `${name}.norm1`, epsilon),
    `${name}.attn`,
    vit,
    reading,
    pieces
  )
  const x = add(input, scaled(attended, `${name}.ls1.gamma`), 'add1')
  const fed = mlp(pieces.layerNorm(x, `${name}.norm2`, epsilon), `${name}.mlp`, vit, reading, pieces)
  return add(x, scaled(fed, `${name}.ls2.gamma`), 'add2')
}

/** softmax(q kᵀ / √d) v for each head of d features. */
function attention(input: string, name: string, vit: Vit, reading: Reading, pieces: TokenPieces): string {
  const { graph } = pieces
  const { heads, epsilon } = reading
  const size = vit.width / heads
  const qkv = graph.split(`${name}.split`, pieces.tokenLinear(input, `${name}.qkv`), 3, 2)
  const part = (index: number, letter: string, order: readonly number[]): string => {
    const heady = pieces.reshaped(qkv[index] ?? '', `${name}.${letter}`, [0, 0, heads, size])
    const normed = pieces.has(`${name}.${letter}_norm.weight`)
      ? pieces.layerNorm(heady, `${name}.${letter}_norm`, epsilon)
      : heady
    return pieces.transposed(normed, `${name}.${letter}.transpose`, order)
  }
  const query = graph.node('Mul', `${name}.q.scaled`, [
    part(0, 'q', [0, 2, 1, 3]),
    pieces.number(size ** -0.5)
  ])
  const likeness = graph.node('MatMul', `${name}.scores`, [query, part(1, 'k', [0, 2, 3, 1])])
  const shares = graph.node('Softmax', `${name}.softmax`, [likeness], { axis: -1 })
  const mixed = graph.node('MatMul', `${name}.mix`, [shares, part(2, 'v', [0, 2, 1, 3])])
  const turned = pieces.transposed(mixed, `${name}.transpose`, [0, 2, 1, 3])
  const x = pieces.reshaped(turned, `${name}.join`, [0, 0, vit.width])
  const normed = pieces.has(`${name}.norm.weight`) ? pieces.layerNorm(x, `${name}.norm`, epsilon) : x
  return pieces.tokenLinear(normed, `${name}.proj`)
}

function mlp(input: string, name: string, { gated }: Vit, reading: Reading, pieces: TokenPieces): string {
  const { graph } = pieces
  const hidden = pieces.tokenLinear(input, `${name}.fc1`)
  /** x · sigmoid(βx): SiLU with β = 1. */
  const swish = (x: string, beta: number): string => {
    const scaled = beta === 1 ? x : graph.node('Mul', `${name}.act.scaled`, [x, pieces.number(beta)])
    return graph.node('Mul', `${name}.act`, [x, graph.node('Sigmoid', `${name}.act.gate`, [scaled])])
  }
  const activated = (): string => {
    if (!gated) return reading.quickGelu ? swish(hidden, 1.702) : pieces.gelu(hidden, `${name}.act`)
    const [gate = '', value = ''] = graph.split(`${name}.split`, hidden, 2, 2)
    return graph.node('Mul', `${name}.gated`, [swish(gate, 1), value])
  }
  const x = activated()
  const normed = pieces.has(`${name}.norm.weight`) ? pieces.layerNorm(x, `${name}.norm`, reading.epsilon) : x
  return pieces.tokenLinear(normed, `${name}.fc2`)
}
