/** Layers as PyTorch has them, written as nodes of a graph under the names of their modules. */
import { transpose, type GraphBuilder } from '../graph'
import type { LoadedTensors } from './types'

/** Parameters and buffers of a batch norm, in the order in which the operator takes them. */
export const NORM_PARTS = ['weight', 'bias', 'running_mean', 'running_var'] as const

export interface ConvolutionOptions {
  readonly kernel: number
  /** Absent: 1. */
  readonly stride?: number
  /** On every side; absent: half the kernel, rounded down. */
  readonly padding?: number
  /** Absent: 1. */
  readonly groups?: number
  /** Absent: none. */
  readonly bias?: boolean
  /** TensorFlow's padding: as much as gives ⌈size / stride⌉, more behind than before. Absent: PyTorch's. */
  readonly same?: boolean
}

/** Each method takes the name of a value and returns that of another; tensors are named `MODULE.weight`. */
export class Pieces {
  private readonly graph: GraphBuilder
  private readonly tensors: LoadedTensors

  constructor(graph: GraphBuilder, tensors: LoadedTensors) {
    this.graph = graph
    this.tensors = tensors
  }

  /** @param shape in which the node takes it, absent: the file's. */
  parameter(name: string, shape: readonly number[] = this.tensors.shape(name)): string {
    return this.graph.parameter(name, shape, this.tensors.take(name))
  }

  length(name: string): number {
    return this.tensors.shape(name)[0] ?? 0
  }

  /** [N, C, H, W]. */
  convolution(x: string, module: string, options: ConvolutionOptions): string {
    const { kernel, stride = 1, groups = 1, bias = false, same = false } = options
    const padding = options.padding ?? Math.floor(kernel / 2)
    const inputs = [x, this.parameter(`${module}.weight`)]
    if (bias) inputs.push(this.parameter(`${module}.bias`))
    return this.graph.node('Conv', module, inputs, {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      ...(same ? { auto_pad: 'SAME_UPPER' } : { pads: [padding, padding, padding, padding] }),
      dilations: [1, 1],
      group: groups
    })
  }

  batchNorm(x: string, module: string, epsilon: number): string {
    const parts = NORM_PARTS.map((part) => this.parameter(`${module}.${part}`))
    return this.graph.node('BatchNormalization', module, [x, ...parts], { epsilon })
  }

  /** Over the last axis. */
  layerNorm(x: string, module: string, epsilon: number): string {
    const parts = [this.parameter(`${module}.weight`), this.parameter(`${module}.bias`)]
    return this.graph.node('LayerNormalization', module, [x, ...parts], { axis: -1, epsilon })
  }

  /** [N, features]. */
  classifier(x: string, module: string): string {
    const parts = [this.parameter(`${module}.weight`), this.parameter(`${module}.bias`)]
    return this.graph.node('Gemm', module, [x, ...parts], { transB: 1 })
  }

  /** Over the last of any number of axes. */
  linear(x: string, module: string): string {
    const [output = 0, input = 0] = this.tensors.shape(`${module}.weight`)
    const values = transpose(this.tensors.take(`${module}.weight`), [output, input])
    const weight = this.graph.parameter(`${module}.weight`, [input, output], values)
    const product = this.graph.node('MatMul', module, [x, weight])
    return this.graph.node('Add', `${module}.add`, [product, this.parameter(`${module}.bias`)])
  }

  relu6(x: string, name: string): string {
    const bounds = [this.graph.scalar(`${name}.low`, 0), this.graph.scalar(`${name}.high`, 6)]
    return this.graph.node('Clip', name, [x, ...bounds])
  }

  /** x · σ(x). */
  silu(x: string, name: string): string {
    return this.graph.node('Mul', name, [x, this.graph.node('Sigmoid', `${name}.sigmoid`, [x])])
  }

  /** [N, C, H, W] to [N, C]. */
  pooled(x: string): string {
    return this.graph.node('Flatten', 'flatten', [this.graph.node('GlobalAveragePool', 'pool', [x])], {
      axis: 1
    })
  }
}
