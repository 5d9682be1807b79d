/** Which node makes a value, who uses it, and which values are constant. */
import type { GraphProto, NodeProto, TensorProto } from './model'

export interface Use {
  readonly node: number
  readonly input: number
}

export interface Constant {
  readonly tensor: TensorProto
  /** Whether an odd number of 2-D transpositions lies between the tensor and the use. */
  readonly transposed: boolean
}

export class GraphValues {
  readonly graph: GraphProto
  private readonly constants = new Map<string, TensorProto>()
  private readonly producers = new Map<string, number>()
  private readonly uses = new Map<string, Use[]>()

  constructor(graph: GraphProto) {
    this.graph = graph
    for (const tensor of graph.initializer) this.constants.set(tensor.name, tensor)
    graph.node.forEach((node, index) => {
      for (const output of node.output) this.producers.set(output, index)
      node.input.forEach((name, input) => {
        const uses = this.uses.get(name)
        if (uses === undefined) this.uses.set(name, [{ node: index, input }])
        else uses.push({ node: index, input })
      })
      const value = node.opType === 'Constant' ? attribute(node, 'value')?.t : undefined
      const [output] = node.output
      if (value !== undefined && output !== undefined) this.constants.set(output, value)
    })
  }

  producer(name: string): NodeProto | null {
    const index = this.producers.get(name)
    return index === undefined ? null : (this.graph.node[index] ?? null)
  }

  usesOf(name: string): readonly Use[] {
    return this.uses.get(name) ?? []
  }

  /** Inputs of the graph that are fed at run time: old files list their weights as inputs, too. */
  inputs(): GraphProto['input'] {
    return this.graph.input.filter((input) => !this.constants.has(input.name))
  }

  /** The constant behind a value, through Identity and, of matrices, Transpose; null when it is computed. */
  constant(name: string): Constant | null {
    let transposed = false
    let turned = false
    let current = name
    for (let steps = 0; steps < 64; steps++) {
      const tensor = this.constants.get(current)
      if (tensor !== undefined) return turned && tensor.dims.length !== 2 ? null : { tensor, transposed }
      const node = this.producer(current)
      const [input] = node?.input ?? []
      if (node === null || input === undefined) return null
      if (node.opType === 'Transpose') {
        transposed = !transposed
        turned = true
      } else if (node.opType !== 'Identity') return null
      current = input
    }
    return null
  }
}

export function attribute(node: NodeProto, name: string): NodeProto['attribute'][number] | undefined {
  return node.attribute.find((candidate) => candidate.name === name)
}

export function integerAttribute(node: NodeProto, name: string, otherwise: number): number {
  const found = attribute(node, name)
  return found === undefined ? otherwise : Number(found.i)
}

export function integersAttribute(
  node: NodeProto,
  name: string,
  otherwise: readonly number[]
): readonly number[] {
  return attribute(node, name)?.ints.map(Number) ?? otherwise
}
