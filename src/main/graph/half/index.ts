/** A float32 network as one that computes in float16. */
import { create } from '@bufbuild/protobuf'
import {
  withGraph,
  type GraphProto,
  type NodeProto,
  type OnnxModel,
  type TensorProto,
  type ValueInfoProto
} from '../model'
import { attribute, changed, newNode, subgraphsOf, valuesUsedBy } from '../nodes'
import { elementType } from '../ports/signature'
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  TensorProto_DataType,
  TypeProtoSchema
} from '../proto/onnx_pb'
import { floatTensor, shapeOf, sizeOf } from '../tensors'
import { GraphValues } from '../values'
import { isAlwaysSingle, wishOf } from './operators'
import { fitsHalf, halved } from './tensors'
import { elementTypes } from './types'

const { FLOAT, FLOAT16 } = TensorProto_DataType

type Precision = 'half' | 'single'

const OTHER: Readonly<Record<Precision, Precision>> = { half: 'single', single: 'half' }
const TYPES: Readonly<Record<Precision, number>> = { half: FLOAT16, single: FLOAT }

/** ONNX's default of a batch norm. */
const EPSILON = 1e-5
/** Its place among a batch norm's parameters. */
const VARIANCE = 3
/** With ε added: float16 has steps of 6e-8 there. */
const LEAST_VARIANCE = 2e-6

export interface HalfModel {
  readonly model: OnnxModel
  /** Stored numbers beyond ±65504, which became that. */
  readonly saturated: number
  /** Stored numbers so small that they became 0. */
  readonly flushed: number
  /** Values that are computed in float32 all the same: sums of many terms, and what is made of them. */
  readonly single: ReadonlySet<string>
}

/**
 * The same network in float16: inputs and outputs stay float32 and are cast; what float16 cannot hold, sums of many
 * values and powers, is computed in float32. A network whose numbers are mostly float16 already is returned as it is.
 * Names of values and stored tensors stay; casts are added, so that indices of nodes change. The given model does not
 * change.
 * @param single inputs that are not to be rounded to float16: those of `HalfModel.single`, when a part of a network
 * is to compute what the whole would.
 */
export function toHalf(model: OnnxModel, single: ReadonlySet<string> = new Set()): HalfModel {
  if (isHalf(model.graph)) return { model, saturated: 0, flushed: 0, single: new Set() }
  const halving = new Halving(model.graph, single)
  return { ...halving.counts, model: withGraph(model, halving.graph), single: halving.single }
}

function isHalf(graph: GraphProto): boolean {
  const constants = graph.node.flatMap((node) => attribute(node, 'value')?.t ?? [])
  const numbers = (type: number): number =>
    [...graph.initializer, ...constants]
      .filter(({ dataType }) => dataType === type)
      .reduce((sum, tensor) => sum + sizeOf(shapeOf(tensor)), 0)
  return numbers(FLOAT16) > numbers(FLOAT)
}

/** Whether a graph computes anything in float16. */
export function usesHalf({ graph }: OnnxModel): boolean {
  return (
    graph.initializer.some(({ dataType }) => dataType === FLOAT16) ||
    graph.node.some(
      (node) =>
        attribute(node, 'value')?.t?.dataType === FLOAT16 ||
        (node.opType === 'Cast' && Number(attribute(node, 'to')?.i) === FLOAT16)
    )
  )
}

class Halving {
  readonly graph: GraphProto
  readonly counts = { saturated: 0, flushed: 0 }
  readonly single = new Set<string>()
  private readonly values: GraphValues
  private readonly types: ReadonlyMap<string, number>
  private readonly inputs: ReadonlySet<string>
  private readonly outputs: ReadonlySet<string>
  /** In what a float32 value of the given graph is computed now. */
  private readonly precisions = new Map<string, Precision>()
  private readonly nodes: NodeProto[] = []
  private readonly tensors = new Map<string, TensorProto>()
  private readonly made = new Set<string>()

  constructor(graph: GraphProto, single: ReadonlySet<string>) {
    this.values = new GraphValues(graph)
    this.types = elementTypes(graph)
    const fed = this.values.inputs().map(({ name }) => name)
    this.inputs = new Set(fed)
    this.outputs = new Set(graph.output.map(({ name }) => name))
    for (const name of fed)
      if (this.isFloat(name)) this.precisions.set(name, single.has(name) ? 'single' : 'half')
    for (const node of graph.node) this.convert(node)
    for (const name of this.outputs) if (this.precisions.has(name)) this.take(name, 'single')
    for (const [name, precision] of this.precisions) if (precision === 'single') this.single.add(name)
    const others = graph.initializer.filter(({ dataType }) => dataType !== FLOAT)
    this.graph = {
      ...graph,
      node: this.withPlainNames(),
      initializer: [...others, ...this.tensors.values()],
      input: graph.input.filter(
        ({ name }) => this.inputs.has(name) || others.some((tensor) => tensor.name === name)
      ),
      valueInfo: graph.valueInfo.map((value) => this.redeclared(value))
    }
  }

  private isFloat(name: string): boolean {
    return this.types.get(name) === FLOAT
  }

  private convert(node: NodeProto): void {
    const floats = node.input.filter((name) => this.isFloat(name))
    const makesFloats = node.output.some((name) => this.isFloat(name))
    if (subgraphsOf(node).length > 0) {
      this.keep(node)
      return
    }
    if (node.opType === 'Constant' && makesFloats && this.values.stored(node.output[0] ?? '') !== null) return
    if (floats.length === 0 && !makesFloats) {
      this.nodes.push(node)
      return
    }
    const precision = this.precisionOf(node, floats)
    this.nodes.push(
      changed(node, {
        input: node.input.map((name, i) => this.take(name, isAlwaysSingle(node, i) ? 'single' : precision)),
        output: node.output.map((name, i) => {
          if (!this.isFloat(name)) return name
          // Statistics of a norm are float32 whatever it normalises.
          this.precisions.set(name, i > 0 && node.opType === 'LayerNormalization' ? 'single' : precision)
          return this.place(name, precision)
        }),
        attribute: makesFloats ? converted(node, TYPES[precision]) : node.attribute
      })
    )
  }

  private precisionOf(node: NodeProto, floats: readonly string[]): Precision {
    const follows = floats.some((name) => this.precisions.get(name) === 'single') ? 'single' : 'half'
    if (node.opType === 'Cast') {
      const [input = ''] = node.input
      // The network's author wants float32 from here on.
      if (this.types.get(input) === FLOAT16) return 'single'
      return this.values.stored(input) !== null ? 'single' : follows
    }
    const wish = this.isOddNorm(node) ? 'single' : wishOf(node)
    return wish === 'follow' ? follows : wish
  }

  /** A batch norm whose stored numbers leave the range, or whose variances would keep too few digits there. */
  private isOddNorm(node: NodeProto): boolean {
    if (node.opType !== 'BatchNormalization') return false
    const epsilon = attribute(node, 'epsilon')?.f ?? EPSILON
    return node.input.slice(1).some((name, i) => {
      const tensor = this.isFloat(name) ? this.values.stored(name) : null
      return tensor !== null && !fitsHalf(tensor, i === VARIANCE ? LEAST_VARIANCE - epsilon : undefined)
    })
  }

  /** Operators with graphs of their own stay in float32, and get float32 from outside. */
  private keep(node: NodeProto): void {
    const names = new Map(
      valuesUsedBy(node)
        .filter((name) => this.isFloat(name))
        .map((name) => [name, this.take(name, 'single')] as const)
    )
    for (const name of node.output) if (this.isFloat(name)) this.precisions.set(name, 'single')
    this.nodes.push(renamed(node, names))
  }

  /** The name of a value in a precision, made where it is not there yet. */
  private take(name: string, precision: Precision): string {
    if (!this.isFloat(name)) return name
    const stored = this.values.stored(name)
    if (stored !== null) return this.takeStored(name, stored, precision)
    const place = this.place(name, precision)
    const native = this.inputs.has(name) ? 'single' : this.precisions.get(name)
    if (native === precision || native === undefined || this.made.has(place)) return place
    this.made.add(place)
    const cast = newNode('Cast', [this.place(name, OTHER[precision])], place, { to: TYPES[precision] })
    // Its output may have the name of the node that made it once.
    this.nodes.push(changed(cast, { name: `linchpin::cast::${place}` }))
    return place
  }

  private takeStored(name: string, stored: TensorProto, precision: Precision): string {
    const place = precision === 'half' ? name : `${name}::single`
    if (this.tensors.has(place)) return place
    if (precision === 'single') this.tensors.set(place, changed(stored, { name: place }))
    else {
      const { tensor, saturated, flushed } = halved(stored, place)
      this.tensors.set(place, tensor)
      this.counts.saturated += saturated
      this.counts.flushed += flushed
    }
    return place
  }

  /** A value has its own name in the precision in which it is made; the graph's inputs and outputs have it in float32. */
  private place(name: string, precision: Precision): string {
    const own = this.inputs.has(name) || this.outputs.has(name) ? 'single' : this.precisions.get(name)
    return own === precision ? name : `${name}::${precision}`
  }

  /** A stored tensor that is used in float32 alone keeps its name. */
  private withPlainNames(): NodeProto[] {
    const names = new Map<string, string>()
    for (const [place, tensor] of [...this.tensors]) {
      const plain = place.slice(0, -'::single'.length)
      if (!place.endsWith('::single') || this.tensors.has(plain)) continue
      this.tensors.delete(place)
      this.tensors.set(plain, changed(tensor, { name: plain }))
      names.set(place, plain)
    }
    return names.size === 0 ? this.nodes : this.nodes.map((node) => renamed(node, names))
  }

  private redeclared(value: ValueInfoProto): ValueInfoProto {
    const type = value.type?.value
    if (type?.case !== 'tensorType' || elementType(value) !== FLOAT) return value
    if (this.precisions.get(value.name) !== 'half' || this.outputs.has(value.name)) return value
    return changed(value, {
      type: changed(value.type ?? create(TypeProtoSchema), {
        value: { case: 'tensorType', value: changed(type.value, { elemType: FLOAT16 }) }
      })
    })
  }
}

/** Attributes that name a number format, or hold numbers, for an operator that makes values of another format. */
function converted(node: NodeProto, type: number): NodeProto['attribute'] {
  if (type === FLOAT) return node.attribute
  if (node.opType === 'ConstantOfShape') {
    const zero = floatTensor('', [1], new Float32Array(1))
    const t = halved(attribute(node, 'value')?.t ?? zero, '').tensor
    return [create(AttributeProtoSchema, { name: 'value', type: AttributeProto_AttributeType.TENSOR, t })]
  }
  const named = node.opType === 'Cast' ? 'to' : 'dtype'
  return node.attribute.map((one) =>
    one.name === named && Number(one.i) === FLOAT ? changed(one, { i: BigInt(type) }) : one
  )
}

/** A node with other names for the values that it takes, also in graphs of its own. */
function renamed(node: NodeProto, names: ReadonlyMap<string, string>): NodeProto {
  const inGraph = (graph: GraphProto): GraphProto =>
    changed(graph, {
      node: graph.node.map((inner) => renamed(inner, names)),
      output: graph.output.map((value) => changed(value, { name: names.get(value.name) ?? value.name }))
    })
  return changed(node, {
    input: node.input.map((name) => names.get(name) ?? name),
    attribute:
      subgraphsOf(node).length === 0
        ? node.attribute
        : node.attribute.map((one) =>
            changed(one, {
              ...(one.g === undefined ? {} : { g: inGraph(one.g) }),
              graphs: one.graphs.map(inGraph)
            })
          )
  })
}
