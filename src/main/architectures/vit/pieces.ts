/** Modules of PyTorch as nodes of a graph, one layer a node, parameters under the names of the state dict. */
import { GraphBuilder, transpose, type OnnxModel } from '../../graph'
import type { LoadedTensors, TensorShapes } from '../types'

/** Methods take the name of a value and give that of another; `name` is the module's path. */
export class TokenPieces {
  readonly graph = new GraphBuilder()
  private readonly tensors: LoadedTensors
  private readonly targets: TensorShapes
  /** Numbers that nodes share, which are no parameters. */
  private readonly shared = new Set<string>()

  /** @param targets tensors that exist: a layer without a bias has none. */
  constructor(tensors: LoadedTensors, targets: TensorShapes) {
    this.tensors = tensors
    this.targets = targets
  }

  has(tensor: string): boolean {
    return this.targets.has(tensor)
  }

  shape(tensor: string): readonly number[] {
    return this.tensors.shape(tensor)
  }

  parameter(name: string): string {
    return this.graph.parameter(name, this.tensors.shape(name), this.tensors.take(name))
  }

  /** nn.Conv2d whose steps are as long as its kernel. */
  patches(x: string, name: string): string {
    const kernel = this.shape(`${name}.weight`).slice(2)
    return this.graph.node('Conv', name, [x, this.parameter(`${name}.weight`), ...this.biasOf(name)], {
      kernel_shape: kernel,
      strides: kernel,
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
      group: 1
    })
  }

  /** nn.LayerNorm over the last axis. */
  layerNorm(x: string, name: string, epsilon: number): string {
    const weight = this.parameter(`${name}.weight`)
    return this.graph.node('LayerNormalization', name, [x, weight, ...this.biasOf(name)], {
      axis: -1,
      epsilon
    })
  }

  /** nn.Linear of [N, in]. */
  linear(x: string, name: string): string {
    const weight = this.parameter(`${name}.weight`)
    return this.graph.node('Gemm', name, [x, weight, ...this.biasOf(name)], { transB: 1 })
  }

  /** nn.Linear of tokens, [..., in]: Gemm takes matrices only. */
  tokenLinear(x: string, name: string): string {
    const tensor = `${name}.weight`
    const [outputs = 0, inputs = 0] = this.shape(tensor)
    const values = transpose(this.tensors.take(tensor), [outputs, inputs])
    const weight = this.graph.parameter(tensor, [inputs, outputs], values)
    const product = this.graph.node('MatMul', name, [x, weight])
    const [bias] = this.biasOf(name)
    return bias === undefined ? product : this.graph.node('Add', `${name}.add`, [product, bias])
  }

  /** nn.GELU, exact. */
  gelu(x: string, name: string): string {
    return this.graph.node('Gelu', name, [x])
  }

  /** Times a constant of the file, broadcast. @param name of the tensor. */
  scaled(x: string, name: string): string {
    return this.graph.node('Mul', `${name}.mul`, [x, this.parameter(name)])
  }

  transposed(x: string, name: string, order: readonly number[]): string {
    return this.graph.node('Transpose', name, [x], { perm: order })
  }

  /** @param shape as ONNX's Reshape takes it: 0 keeps a size. */
  reshaped(x: string, name: string, shape: readonly number[]): string {
    return this.graph.node('Reshape', name, [x, this.integers(shape)])
  }

  /** A number that nodes take as an input. */
  number(value: number): string {
    const name = `number ${String(value)}`
    return this.once(name, () => this.graph.scalar(name, value))
  }

  /** Whole numbers that nodes take as an input. */
  integers(values: readonly number[]): string {
    const name = `integers ${values.join(', ')}`
    return this.once(name, () => this.graph.integers(name, values))
  }

  /** @param classes of the logits. @param size height and width of the input; absent: any. */
  finish(logits: string, classes: number, size?: number): OnnxModel {
    return this.graph.finish('images', 3, logits, classes, size)
  }

  private once(name: string, make: () => void): string {
    if (!this.shared.has(name)) make()
    this.shared.add(name)
    return name
  }

  private biasOf(name: string): readonly string[] {
    return this.has(`${name}.bias`) ? [this.parameter(`${name}.bias`)] : []
  }
}
