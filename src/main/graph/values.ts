/** Which node makes a value, who uses it, which values are constant, and which change with the image. */
import { create } from '@bufbuild/protobuf'
import { readConstant, type Constant } from './constants'
import type { GraphProto, NodeProto, TensorProto } from './model'
import { attribute, valuesUsedBy } from './nodes'
import { TensorProto_DataType, TensorProtoSchema } from './proto/onnx_pb'

export interface Use {
  readonly node: number
  readonly input: number
}

/** What they put out depends on the shape of their input alone. */
const OF_SHAPE_ALONE = new Set(['Shape', 'Size'])

export class GraphValues {
  readonly graph: GraphProto
  private readonly tensors = new Map<string, TensorProto>()
  private readonly producers = new Map<string, number>()
  private readonly uses = new Map<string, Use[]>()
  private readonly constants = new Map<string, Constant | null>()
  private readonly varying = new Set<string>()

  constructor(graph: GraphProto) {
    this.graph = graph
    for (const tensor of graph.initializer) this.tensors.set(tensor.name, tensor)
    for (const input of this.inputs()) this.varying.add(input.name)
    graph.node.forEach((node, index) => {
      node.input.forEach((name, input) => {
        const uses = this.uses.get(name)
        if (uses === undefined) this.uses.set(name, [{ node: index, input }])
        else uses.push({ node: index, input })
      })
      const varies =
        !OF_SHAPE_ALONE.has(node.opType) && valuesUsedBy(node).some((name) => this.varying.has(name))
      for (const output of node.output) {
        this.producers.set(output, index)
        if (varies) this.varying.add(output)
      }
      const tensor = node.opType === 'Constant' ? constantTensor(node) : null
      const [output] = node.output
      if (tensor !== null && output !== undefined) this.tensors.set(output, tensor)
    })
  }

  producer(name: string): NodeProto | null {
    const index = this.producers.get(name)
    return index === undefined ? null : (this.graph.node[index] ?? null)
  }

  producerIndex(name: string): number | null {
    return this.producers.get(name) ?? null
  }

  usesOf(name: string): readonly Use[] {
    return this.uses.get(name) ?? []
  }

  /** The one node that takes the value, if no other takes it and it is no output of the graph. */
  onlyUse(name: string | undefined): { readonly node: NodeProto; readonly use: Use } | null {
    if (name === undefined || this.graph.output.some((output) => output.name === name)) return null
    const [use, other] = this.usesOf(name)
    const node = use === undefined ? undefined : this.graph.node[use.node]
    return use === undefined || node === undefined || other !== undefined ? null : { node, use }
  }

  /** Inputs of the graph that are fed at run time: old files list their weights as inputs, too. */
  inputs(): GraphProto['input'] {
    return this.graph.input.filter((input) => !this.tensors.has(input.name))
  }

  /** A tensor of the file, or of a Constant node. */
  stored(name: string): TensorProto | null {
    return this.tensors.get(name) ?? null
  }

  /** Whether a value changes with the image; what depends on its shape alone does not. */
  varies(name: string): boolean {
    return this.varying.has(name)
  }

  /** What a value is when it is made of stored tensors by operators that only arrange them; else null. */
  constant(name: string): Constant | null {
    const known = this.constants.get(name)
    if (known !== undefined) return known
    // A graph with a cycle is no graph; this ends it all the same.
    this.constants.set(name, null)
    const constant = readConstant(name, this)
    this.constants.set(name, constant)
    return constant
  }
}

function constantTensor(node: NodeProto): TensorProto | null {
  const value = attribute(node, 'value')?.t
  if (value !== undefined) return value
  const { FLOAT, INT64 } = TensorProto_DataType
  const float = attribute(node, 'value_float')
  const floats = attribute(node, 'value_floats')
  const integer = attribute(node, 'value_int')
  const integers = attribute(node, 'value_ints')
  if (float !== undefined) return create(TensorProtoSchema, { dataType: FLOAT, floatData: [float.f] })
  if (integer !== undefined) return create(TensorProtoSchema, { dataType: INT64, int64Data: [integer.i] })
  if (floats !== undefined) {
    const dims = [BigInt(floats.floats.length)]
    return create(TensorProtoSchema, { dataType: FLOAT, dims, floatData: floats.floats })
  }
  if (integers === undefined) return null
  const dims = [BigInt(integers.ints.length)]
  return create(TensorProtoSchema, { dataType: INT64, dims, int64Data: integers.ints })
}
