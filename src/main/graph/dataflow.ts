/** What of a graph depends on what: the part downstream of some parameters, and what it needs from upstream. */
import { create } from '@bufbuild/protobuf'
import { port } from './declarations'
import { withGraph, type NodeProto, type OnnxModel } from './model'
import { changed, liveNodes, newNode, valuesUsedBy } from './nodes'
import { TensorProto_DataType, ValueInfoProtoSchema } from './proto/onnx_pb'
import { GraphValues, type Use } from './values'

/** Node inputs that take another value than in the graph. */
export interface Rewiring {
  readonly use: Use
  readonly value: string
}

/** A value that goes into a part or comes out of it. */
export interface Crossing {
  readonly name: string
  /** TensorProto.DataType. */
  readonly dataType: number
  /** A text names a size that is free. */
  readonly dims: readonly (number | string)[]
}

interface Part {
  /** Indices of nodes, ascending. */
  readonly nodes: readonly number[]
  readonly inputs: readonly Crossing[]
  readonly outputs: readonly Pick<Crossing, 'name' | 'dataType'>[]
  readonly rewired?: readonly Rewiring[]
}

const { FLOAT, FLOAT16, BFLOAT16 } = TensorProto_DataType

/**
 * How a part calls a value that crosses its border. Narrow floats cross as float32, which holds them exactly: the
 * runtime's JavaScript does not hand them over.
 */
export function crossingName({ name, dataType }: Pick<Crossing, 'name' | 'dataType'>): string {
  return isNarrow(dataType) ? `linchpin::wide::${name}` : name
}

export function crossesAsFloat32(dataType: number): boolean {
  return dataType === FLOAT || isNarrow(dataType)
}

function isNarrow(dataType: number): boolean {
  return dataType === FLOAT16 || dataType === BFLOAT16
}

export class Dataflow {
  private readonly model: OnnxModel
  private readonly values: GraphValues
  private readonly live: readonly boolean[]
  /** Values that depend on the images, if only on their number. */
  private readonly fed: ReadonlySet<string>

  constructor(model: OnnxModel) {
    this.model = model
    this.values = new GraphValues(model.graph)
    this.live = liveNodes(model.graph)
    this.fed = this.reachedFrom(new Set(this.values.inputs().map(({ name }) => name))).values
  }

  /** Names of the values that are fed: the images. */
  get inputs(): readonly string[] {
    return this.values.inputs().map(({ name }) => name)
  }

  /** Indices, ascending, of the nodes that contribute to an output and depend on what these node inputs take. */
  downstream(uses: readonly Use[]): readonly number[] {
    return this.reachedFrom(new Set(), new Set(uses.map(({ node }) => node))).nodes
  }

  /** Values that these nodes take from nodes before them or from the images; constants are none. */
  boundary(nodes: readonly number[]): readonly string[] {
    const made = new Set(nodes.flatMap((index) => this.model.graph.node[index]?.output ?? []))
    const taken = nodes.flatMap((index) => this.usedBy(index))
    return [...new Set(taken)].filter((name) => this.fed.has(name) && !made.has(name))
  }

  /** Indices, ascending, of the nodes that make the wanted values of known ones. */
  between(known: ReadonlySet<string>, wanted: readonly string[]): readonly number[] {
    const nodes = new Set<number>()
    const open = [...wanted]
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (known.has(name) || !this.fed.has(name)) continue
      const index = this.values.producerIndex(name)
      if (index === null || nodes.has(index)) continue
      nodes.add(index)
      open.push(...this.usedBy(index))
    }
    return [...nodes].sort((a, b) => a - b)
  }

  /**
   * Nodes as a model of their own, with the constants that they need. Its inputs and outputs have the names that
   * `crossingName` tells. The given model does not change.
   */
  part({ nodes, inputs, outputs, rewired = [] }: Part): OnnxModel {
    const { graph } = this.model
    const changes = new Map<number, Use[]>()
    const values = new Map(rewired.map(({ use, value }) => [`${use.node} ${use.input}`, value]))
    for (const { use } of rewired) changes.set(use.node, [...(changes.get(use.node) ?? []), use])
    const chosen = nodes.flatMap((index): NodeProto[] => {
      const node = graph.node[index]
      if (node === undefined) return []
      const uses = changes.get(index)
      if (uses === undefined) return [node]
      const input = node.input.map((name, i) => values.get(`${index} ${i}`) ?? name)
      return [changed(node, { input })]
    })
    const constants = this.constantNodes(chosen, new Set(nodes))
    const all = [...constants.map(([, node]) => node), ...chosen]
    const used = new Set([...all.flatMap(valuesUsedBy), ...outputs.map(({ name }) => name)])
    const given = new Set(inputs.map(({ name }) => name))
    const widened = inputs.filter(({ dataType }) => isNarrow(dataType))
    const narrowed = outputs.filter(({ dataType }) => isNarrow(dataType))
    return withGraph(this.model, {
      ...graph,
      node: [
        ...widened.map((input) => newNode('Cast', [crossingName(input)], input.name, { to: input.dataType })),
        ...all,
        ...narrowed.map((output) => newNode('Cast', [output.name], crossingName(output), { to: FLOAT }))
      ],
      input: inputs.map((input) =>
        port(crossingName(input), isNarrow(input.dataType) ? FLOAT : input.dataType, input.dims)
      ),
      output: outputs.map((output) => create(ValueInfoProtoSchema, { name: crossingName(output) })),
      valueInfo: [],
      initializer: graph.initializer.filter(({ name }) => used.has(name) && !given.has(name))
    })
  }

  /** Nodes that make constants of other constants, on the way to the given ones. */
  private constantNodes(nodes: readonly NodeProto[], chosen: ReadonlySet<number>): [number, NodeProto][] {
    const found = new Map<number, NodeProto>()
    const open = nodes.flatMap(valuesUsedBy)
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (this.fed.has(name)) continue
      const index = this.values.producerIndex(name)
      const node = index === null ? undefined : this.model.graph.node[index]
      if (index === null || node === undefined || found.has(index) || chosen.has(index)) continue
      found.set(index, node)
      open.push(...valuesUsedBy(node))
    }
    return [...found].sort(([a], [b]) => a - b)
  }

  private usedBy(index: number): string[] {
    const node = this.model.graph.node[index]
    return node === undefined ? [] : valuesUsedBy(node)
  }

  private reachedFrom(
    given: ReadonlySet<string>,
    first: ReadonlySet<number> = new Set()
  ): { values: ReadonlySet<string>; nodes: readonly number[] } {
    const values = new Set(given)
    const nodes: number[] = []
    this.model.graph.node.forEach((node, index) => {
      if (this.live[index] !== true) return
      if (!first.has(index) && !valuesUsedBy(node).some((name) => values.has(name))) return
      nodes.push(index)
      for (const output of node.output) if (output !== '') values.add(output)
    })
    return { values, nodes }
  }
}
