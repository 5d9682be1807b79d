/** Adds outputs to a graph that tell what its batch norms get to see. */
import { floatPort } from './declarations'
import { withGraph, type NodeProto, type OnnxModel, type TensorProto, type ValueInfoProto } from './model'
import { TensorProto_DataType } from './proto/onnx_pb'
import { attribute, integerAttribute, newNode } from './nodes'
import { floatTensor, integerTensor } from './tensors'
import { GraphValues } from './values'

/** A batch norm that uses its stored statistics, and where the graph puts out those of its input. */
export interface BatchNormStatistics {
  /** Index of its node. */
  readonly node: number
  readonly stored: { readonly mean: Float32Array; readonly variance: Float32Array }
  readonly epsilon: number
  /**
   * Output of shape [N, C]: mean over positions of the input less the stored mean. Where the two agree, the variance is
   * then no small difference of large numbers.
   */
  readonly shift: string
  /** Output of shape [N, C]: mean of the square of the same. */
  readonly square: string
}

/** ONNX's default. */
const EPSILON = 1e-5

/** From this operator set on, ReduceMean takes its axes as an input. */
const AXES_ARE_INPUT = 18

/**
 * The model with two outputs more for each batch norm; the nodes that are there keep their places. The given model
 * does not change. Batch norms that normalise by the batch itself, or have computed statistics, are left out.
 */
export function withBatchNormStatistics(model: OnnxModel): {
  readonly model: OnnxModel
  readonly statistics: readonly BatchNormStatistics[]
} {
  const values = new GraphValues(model.graph)
  const opset = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0n
  const addition = new Addition(Number(opset))
  const statistics = model.graph.node.flatMap((node, index) => {
    const [input, , , meanName, varianceName] = node.input
    if (node.opType !== 'BatchNormalization' || integerAttribute(node, 'training_mode', 0) !== 0) return []
    const mean = float32(values, meanName)
    const variance = float32(values, varianceName)
    if (input === undefined || mean === null || variance === null) return []
    const outputs = addition.add(`linchpin::statistics::${index}`, input, mean)
    return [
      {
        node: index,
        stored: { mean, variance },
        epsilon: attribute(node, 'epsilon')?.f ?? EPSILON,
        ...outputs
      }
    ]
  })
  if (statistics.length === 0) return { model, statistics }
  const { graph } = model
  const extended = withGraph(model, {
    ...graph,
    node: [...graph.node, ...addition.nodes],
    initializer: [...graph.initializer, ...addition.tensors],
    output: [...graph.output, ...addition.outputs]
  })
  return { model: extended, statistics }
}

function float32(values: GraphValues, name: string | undefined): Float32Array | null {
  const constant = name === undefined ? null : values.constant(name)
  return constant?.dataType === TensorProto_DataType.FLOAT ? constant.read() : null
}

class Addition {
  readonly nodes: NodeProto[] = []
  readonly tensors: TensorProto[] = []
  readonly outputs: ValueInfoProto[] = []
  private readonly opset: number

  constructor(opset: number) {
    this.opset = opset
  }

  /** @param input value of shape [N, C, …]. @param centre of length C. */
  add(name: string, input: string, centre: Float32Array): { shift: string; square: string } {
    // Any number of positions, none too, becomes one axis: the rank need not be known.
    const shape = this.integers(`${name}::shape`, [0, 0, -1])
    const flat = this.node('Reshape', `${name}::flat`, [input, shape])
    this.tensors.push(floatTensor(`${name}::centre`, [centre.length, 1], centre))
    const centred = this.node('Sub', `${name}::centred`, [flat, `${name}::centre`])
    const squared = this.node('Mul', `${name}::squared`, [centred, centred])
    return {
      shift: this.positionMean(`${name}::shift`, centred, centre.length),
      square: this.positionMean(`${name}::square`, squared, centre.length)
    }
  }

  private positionMean(name: string, input: string, channels: number): string {
    const axes = [2]
    if (this.opset >= AXES_ARE_INPUT) {
      this.node('ReduceMean', name, [input, this.integers(`${name}::axes`, axes)], { keepdims: 0 })
    } else this.node('ReduceMean', name, [input], { axes, keepdims: 0 })
    this.outputs.push(floatPort(name, [`${name}::N`, channels]))
    return name
  }

  private integers(name: string, values: readonly number[]): string {
    this.tensors.push(integerTensor(name, values))
    return name
  }

  private node(
    opType: string,
    output: string,
    input: readonly string[],
    attributes: Readonly<Record<string, number | readonly number[]>> = {}
  ): string {
    this.nodes.push(newNode(opType, input, output, attributes))
    return output
  }
}
