/** A vision transformer as a graph. Sequences are [N, tokens, width]. */
import { GraphBuilder, transpose, type OnnxModel } from '../../graph'
import type { LoadedTensors } from '../types'
import type { ViT } from './layout'

const IMAGES = 'images'

export function buildViT(model: ViT, tensors: LoadedTensors, has: (name: string) => boolean): OnnxModel {
  return new Builder(model, tensors, has).build()
}

class Builder {
  private readonly graph = new GraphBuilder()
  private readonly model: ViT
  private readonly tensors: LoadedTensors
  private readonly has: (name: string) => boolean

  constructor(model: ViT, tensors: LoadedTensors, has: (name: string) => boolean) {
    this.model = model
    this.tensors = tensors
    this.has = has
  }

  build(): OnnxModel {
    const { model } = this
    let x = this.embedded()
    if (model.preNorm) x = this.norm(x, 'norm_pre')
    for (let i = 0; i < model.depth; i++) x = this.block(x, `blocks.${String(i)}`)
    if (model.norm) x = this.norm(x, 'norm')
    const logits = this.classified(x)
    const classes = this.tensors.shape('head.weight')[0] ?? 0
    return this.graph.finish(IMAGES, 3, logits, classes, model.grid * model.patch)
  }

  /** Patches, tokens and positions. */
  private embedded(): string {
    const { graph, model } = this
    const { width, grid, patch } = model
    const bias = this.has('patch_embed.proj.bias') ? [this.parameter('patch_embed.proj.bias')] : []
    const map = graph.node(
      'Conv',
      'patch_embed.proj',
      [IMAGES, this.parameter('patch_embed.proj.weight'), ...bias],
      {
        kernel_shape: [patch, patch],
        strides: [patch, patch],
        pads: [0, 0, 0, 0],
        dilations: [1, 1],
        group: 1
      }
    )
    const rows = this.reshaped(map, 'patch_embed.rows', [0, width, grid * grid])
    const patches = graph.node('Transpose', 'patch_embed.patches', [rows], { perm: [0, 2, 1] })
    const names = model.tokens.map(({ name }) => name)
    if (model.positions === 'patches') return this.joined('tokens', names, this.positioned(patches))
    if (model.positions === 'all') return this.positioned(this.joined('tokens', names, patches))
    const before = names.filter((name) => name !== 'reg_token')
    const count = model.tokens.reduce((sum, { name, count: n }) => sum + (name === 'reg_token' ? 0 : n), 0)
    const x = this.positioned(this.joined('tokens', before, patches))
    const first = this.sliced(x, 'positioned.tokens', 0, count)
    const rest = this.sliced(x, 'positioned.patches', count, count + grid * grid)
    return graph.node('Concat', 'registered', [first, this.expanded('reg_token', x), rest], { axis: 1 })
  }

  private positioned(x: string): string {
    return this.graph.node('Add', 'positioned', [x, this.parameter('pos_embed')])
  }

  private joined(name: string, tokens: readonly string[], x: string): string {
    if (tokens.length === 0) return x
    return this.graph.node('Concat', name, [...tokens.map((token) => this.expanded(token, x)), x], {
      axis: 1
    })
  }

  /** A token of each image. @param x a sequence of as many images. */
  private expanded(token: string, x: string): string {
    const { graph } = this
    const shape = this.tensors.shape(token)
    const images = graph.node('Shape', `${token}/images`, [x], { start: 0, end: 1 })
    const each = graph.integers(`${token}/each`, shape.slice(1))
    const target = graph.node('Concat', `${token}/shape`, [images, each], { axis: 0 })
    return graph.node('Expand', `${token}/expanded`, [this.parameter(token), target])
  }

  private block(input: string, name: string): string {
    const { graph } = this
    const attended = this.scaled(
      this.attention(this.norm(input, `${name}.norm1`), `${name}.attn`),
      `${name}.ls1`
    )
    const x = graph.node('Add', `${name}.add1`, [input, attended])
    const hidden = this.linear(this.norm(x, `${name}.norm2`), `${name}.mlp.fc1`)
    const output = this.linear(this.activated(hidden, `${name}.mlp.act`), `${name}.mlp.fc2`)
    return graph.node('Add', `${name}.add2`, [x, this.scaled(output, `${name}.ls2`)])
  }

  private attention(x: string, name: string): string {
    const { graph, model } = this
    const { heads, width } = model
    const perHead = width / heads
    const qkv = this.reshaped(this.linear(x, `${name}.qkv`), `${name}.split`, [0, -1, 3, heads, perHead])
    // [3, N, heads, tokens, width of a head]
    const turned = graph.node('Transpose', `${name}.turned`, [qkv], { perm: [2, 0, 3, 1, 4] })
    const part = (index: number, label: string): string =>
      graph.node(
        'Gather',
        `${name}.${label}`,
        [turned, graph.integers(`${name}.${label}/index`, [index], [])],
        { axis: 0 }
      )
    const normed = (value: string, label: string): string =>
      this.has(`${name}.${label}.weight`) ? this.norm(value, `${name}.${label}`) : value
    const scale = graph.scalar(`${name}.scale`, 1 / Math.sqrt(perHead))
    const q = graph.node('Mul', `${name}.scaled`, [normed(part(0, 'q'), 'q_norm'), scale])
    const k = graph.node('Transpose', `${name}.keys`, [normed(part(1, 'k'), 'k_norm')], {
      perm: [0, 1, 3, 2]
    })
    const weights = graph.node('Softmax', `${name}.softmax`, [
      graph.node('MatMul', `${name}.scores`, [q, k])
    ], { axis: -1 }) // prettier-ignore
    const mixed = graph.node('MatMul', `${name}.mixed`, [weights, part(2, 'v')])
    const back = graph.node('Transpose', `${name}.back`, [mixed], { perm: [0, 2, 1, 3] })
    return this.linear(this.reshaped(back, `${name}.merged`, [0, -1, width]), `${name}.proj`)
  }

  private activated(x: string, name: string): string {
    const { graph } = this
    if (this.model.activation === 'gelu') return graph.node('Gelu', name, [x])
    // x · sigmoid(1.702 x), as OpenAI's CLIP has it.
    const slope = graph.scalar(`${name}/slope`, 1.702)
    const gate = graph.node('Sigmoid', `${name}/gate`, [graph.node('Mul', `${name}/steep`, [x, slope])])
    return graph.node('Mul', name, [x, gate])
  }

  private classified(x: string): string {
    const { graph, model } = this
    const classToken = (): string => this.token(x, 'class', 0)
    let features: string
    if (model.pooling === 'class-token') features = classToken()
    else if (model.pooling === 'average') features = this.averaged(x)
    else features = graph.node('Concat', 'features', [classToken(), this.averaged(x)], { axis: 1 })
    if (model.featureNorm) features = this.norm(features, 'fc_norm')
    const logits = this.classifier(features, 'head')
    if (!model.distilled) return logits
    const distilled = this.classifier(this.token(x, 'distillation', 1), 'head_dist')
    const sum = graph.node('Add', 'heads.sum', [logits, distilled])
    return graph.node('Mul', 'heads.mean', [sum, graph.scalar('heads.half', 0.5)])
  }

  private token(x: string, name: string, index: number): string {
    const at = this.graph.integers(`${name}/index`, [index], [])
    return this.graph.node('Gather', name, [x, at], { axis: 1 })
  }

  /** The mean over the patches, without the tokens before them. */
  private averaged(x: string): string {
    const { graph, model } = this
    const before = model.tokens.reduce((sum, { count }) => sum + count, 0)
    const patches = before === 0 ? x : this.sliced(x, 'patches', before, before + model.grid ** 2)
    return graph.node('ReduceMean', 'pool', [patches, graph.integers('pool/axes', [1])], { keepdims: 0 })
  }

  private classifier(features: string, name: string): string {
    return this.graph.node(
      'Gemm',
      name,
      [features, this.parameter(`${name}.weight`), this.parameter(`${name}.bias`)],
      { transB: 1 }
    )
  }

  private linear(x: string, name: string): string {
    const { graph, tensors } = this
    const weight = `${name}.weight`
    const [rows = 0, columns = 0] = tensors.shape(weight)
    const matrix = graph.parameter(weight, [columns, rows], transpose(tensors.take(weight), [rows, columns]))
    const product = graph.node('MatMul', name, [x, matrix])
    if (!this.has(`${name}.bias`)) return product
    return graph.node('Add', `${name}/biased`, [product, this.parameter(`${name}.bias`)])
  }

  private norm(x: string, name: string): string {
    return this.graph.node(
      'LayerNormalization',
      name,
      [x, this.parameter(`${name}.weight`), this.parameter(`${name}.bias`)],
      { axis: -1, epsilon: this.model.epsilon }
    )
  }

  /** LayerScale, where the network has it. */
  private scaled(x: string, name: string): string {
    if (!this.has(`${name}.gamma`)) return x
    return this.graph.node('Mul', name, [x, this.parameter(`${name}.gamma`)])
  }

  private reshaped(x: string, name: string, shape: readonly number[]): string {
    return this.graph.node('Reshape', name, [x, this.graph.integers(`${name}/shape`, shape)])
  }

  /** Tokens `start` to `end`. */
  private sliced(x: string, name: string, start: number, end: number): string {
    const { graph } = this
    return graph.node('Slice', name, [
      x,
      graph.integers(`${name}/start`, [start]),
      graph.integers(`${name}/end`, [end]),
      graph.integers(`${name}/axis`, [1])
    ])
  }

  private parameter(name: string): string {
    return this.graph.parameter(name, this.tensors.shape(name), this.tensors.take(name))
  }
}
