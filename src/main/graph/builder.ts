import { create } from '@bufbuild/protobuf'
import { floatPort } from './declarations'
import { newModel, type OnnxModel } from './model'
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType,
  GraphProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  TensorProto_DataType,
  type AttributeProto,
  type NodeProto,
  type TensorProto
} from './proto/onnx_pb'
import { floatTensor } from './tensors'

/** The first operator set in which all operators used here have their present meaning. */
const OPSET = 20

type AttributeValue = number | string | readonly number[]

function attributeOf(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'string') {
    const s = new TextEncoder().encode(value)
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.STRING, s })
  }
  if (typeof value !== 'number') {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.INTS,
      ints: value.map(BigInt)
    })
  }
  return Number.isInteger(value)
    ? create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) })
    : create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value })
}

/** Builds a graph node by node; each method returns the name of the value it makes. */
export class GraphBuilder {
  private readonly nodes: NodeProto[] = []
  private readonly tensors: TensorProto[] = []

  /** A constant of the file. */
  parameter(name: string, shape: readonly number[], values: Float32Array): string {
    this.tensors.push(floatTensor(name, shape, values))
    return name
  }

  /** A number that an operator takes as an input. */
  scalar(name: string, value: number): string {
    return this.parameter(name, [], Float32Array.of(value))
  }

  /** Whole numbers that an operator takes as an input: a shape, axes, an index (`dims` empty). */
  integers(name: string, values: readonly number[], dims: readonly number[] = [values.length]): string {
    this.tensors.push(
      create(TensorProtoSchema, {
        name,
        dims: dims.map(BigInt),
        dataType: TensorProto_DataType.INT64,
        int64Data: values.map(BigInt)
      })
    )
    return name
  }

  /** Whole numbers become integer attributes, other numbers floats: true for every operator used here. */
  node(
    opType: string,
    name: string,
    input: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {}
  ): string {
    const output = `${name}/output`
    this.nodes.push(
      create(NodeProtoSchema, {
        opType,
        name,
        input: [...input],
        output: [output],
        attribute: Object.entries(attributes).map(([key, value]) => attributeOf(key, value))
      })
    )
    return output
  }

  /** Equal parts of a value along an axis, which must divide. */
  split(name: string, input: string, count: number, axis: number): readonly string[] {
    const output = Array.from({ length: count }, (_, i) => `${name}/output_${String(i)}`)
    const attribute = [attributeOf('axis', axis), attributeOf('num_outputs', count)]
    this.nodes.push(create(NodeProtoSchema, { opType: 'Split', name, input: [input], output, attribute }))
    return output
  }

  /**
   * @param channels of the input [N, channels, H, W].
   * @param classes of the output [N, classes].
   * @param size the only height and width that the network takes; absent: any.
   */
  finish(input: string, channels: number, output: string, classes: number, size?: number): OnnxModel {
    const graph = create(GraphProtoSchema, {
      name: 'classifier',
      node: this.nodes,
      initializer: this.tensors,
      input: [floatPort(input, ['N', channels, size ?? 'H', size ?? 'W'])],
      output: [floatPort(output, ['N', classes])]
    })
    return newModel(graph, OPSET)
  }
}
