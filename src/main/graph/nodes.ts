/** Nodes and their attributes. */
import { create } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  NodeProtoSchema,
  type AttributeProto,
  type GraphProto,
  type NodeProto
} from './proto/onnx_pb'

export function attribute(node: NodeProto, name: string): AttributeProto | undefined {
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

export function subgraphsOf(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g]))
}

/** All values that a node needs: its inputs and, where it has graphs of its own (If, Loop), what these use. */
export function valuesUsedBy(node: NodeProto): string[] {
  const inner = subgraphsOf(node).flatMap((graph) => [
    ...graph.node.flatMap(valuesUsedBy),
    ...graph.output.map(({ name }) => name)
  ])
  return [...node.input.filter((name) => name !== ''), ...inner]
}

/**
 * A message with other values in some fields; the given one stays. A spread would lose the defaults of fields that a
 * file leaves out: the protobuf library keeps them in the prototype.
 */
export function changed<T extends object>(message: T, part: Partial<T>): T {
  const copy = Object.create(Object.getPrototypeOf(message) as object) as T
  return Object.assign(copy, message, part)
}

/** A node of our own making with one output. Whole numbers become integer attributes. */
export function newNode(
  opType: string,
  input: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number | readonly number[]>> = {}
): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    name: output,
    input: [...input],
    output: [output],
    attribute: Object.entries(attributes).map(([name, value]) =>
      create(
        AttributeProtoSchema,
        typeof value === 'number'
          ? { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) }
          : { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) }
      )
    )
  })
}

/** Whether each node, by index, contributes to an output of the graph. */
export function liveNodes(graph: GraphProto): readonly boolean[] {
  const needed = new Set(graph.output.map(({ name }) => name))
  const live = graph.node.map(() => false)
  // A node stands behind those whose values it takes.
  for (let index = graph.node.length - 1; index >= 0; index--) {
    const node = graph.node[index]
    if (node?.output.some((name) => needed.has(name)) !== true) continue
    live[index] = true
    for (const name of valuesUsedBy(node)) needed.add(name)
  }
  return live
}

/** Without nodes, tensors and inputs that no output needs. */
export function withoutDeadParts(graph: GraphProto): GraphProto {
  const live = liveNodes(graph)
  const node = graph.node.filter((_, index) => live[index])
  const used = new Set([...node.flatMap(valuesUsedBy), ...graph.output.map(({ name }) => name)])
  return {
    ...graph,
    node,
    initializer: graph.initializer.filter(({ name }) => used.has(name)),
    input: graph.input.filter(({ name }) => used.has(name))
  }
}
