/** What a halved graph consists of, and networks whose outputs algebra tells. */
import { create, toBinary } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { loadClassifier } from '../../../../src/main/architectures'
import { findLayers, GraphBuilder, toHalf, usesHalf, type OnnxModel } from '../../../../src/main/graph'
import { withGraph } from '../../../../src/main/graph/model'
import { changed, newNode } from '../../../../src/main/graph/nodes'
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType
} from '../../../../src/main/graph/proto/onnx_pb'
import { readFloats } from '../../../../src/main/graph/tensors'
import { exportedModel } from '../../../support/exported'
import { run } from '../../../support/forward'
import { golden } from '../../../support/golden'

const { FLOAT, FLOAT16 } = TensorProto_DataType

const stored = (model: OnnxModel, name: string) =>
  model.graph.initializer.find((tensor) => tensor.name === name)!

/** [1, 3, 2, 2], channel after channel. */
const IMAGE = Float32Array.of(1000, -1000, 1000, -1000, 1, 2, 3, 4, 0.5, 0.25, 0.125, 0)
const SIZE = { n: 1, height: 2, width: 2 }

/** A network of one step between its input and a Flatten. @returns twelve numbers. */
function oneStep(step: (graph: GraphBuilder) => string): OnnxModel {
  const graph = new GraphBuilder()
  const last = step(graph)
  return graph.finish('x', 3, graph.node('Flatten', 'flat', [last], { axis: 1 }), 12)
}

describe('stored numbers', () => {
  const graph = new GraphBuilder()
  const weights = Float32Array.of(1e6, -70000, 65504, Infinity, 1e-9, -2e-8, 2 ** -24, 0, 1 / 3)
  graph.parameter('weight', [3, 3, 1, 1], weights)
  const conv = graph.node('Conv', 'conv', ['x', 'weight'])
  const model = graph.finish('x', 3, graph.node('Flatten', 'flat', [conv], { axis: 1 }), 3)

  it('saturate, vanish and are counted; infinity stays', () => {
    const { model: half, saturated, flushed } = toHalf(model)
    const tensor = stored(half, 'weight')
    expect(tensor.dataType).toBe(FLOAT16)
    // binary16 of a third: 0x3555.
    expect([...readFloats(tensor)]).toEqual([
      65504,
      -65504,
      65504,
      Infinity,
      0,
      -0,
      2 ** -24,
      0,
      0x555 / 2 ** 12
    ])
    expect([saturated, flushed]).toEqual([2, 2])
  })

  it('of the given model stay', () => {
    const before = toBinary(ModelProtoSchema, model)
    toHalf(model)
    expect(toBinary(ModelProtoSchema, model)).toEqual(before)
  })
})

it('layers keep their names', async () => {
  const { model, layers } = await loadClassifier(golden('model.safetensors'))
  const { model: half } = toHalf(model)
  const names = findLayers(half, [1, 3, 32, 32]).map(({ name }) => name)
  expect(names).toEqual(layers.map(({ name }) => name))
  expect(names).toHaveLength(39)
  const types = half.graph.initializer.map(({ dataType }) => dataType)
  expect(types).not.toContain(FLOAT)
})

it('a graph that is float16 already stays as it is', () => {
  const model = exportedModel('half_script.onnx')
  expect(usesHalf(model)).toBe(true)
  expect(toHalf(model)).toEqual({ model, saturated: 0, flushed: 0, single: new Set() })
})

it('a root mean square is no victim of squares beyond 65504', async () => {
  const model = oneStep((graph) => {
    const square = graph.node('Pow', 'square', ['x', graph.scalar('two', 2)])
    const mean = graph.node('ReduceMean', 'mean', [square, graph.integers('axes', [2, 3])])
    const shifted = graph.node('Add', 'shifted', [mean, graph.scalar('epsilon', 1e-12)])
    return graph.node('Div', 'div', ['x', graph.node('Sqrt', 'root', [shifted])])
  })
  const { model: half, single } = toHalf(model)
  const values = await run(half, IMAGE, SIZE)
  expect([...values.slice(0, 4)]).toEqual([1, -1, 1, -1])
  expect(single.has('mean/output')).toBe(true)
  // ε would be 0 in float16.
  expect(stored(half, 'epsilon').dataType).toBe(FLOAT)
})

it('a batch norm whose variance float16 does not hold is computed in float32', async () => {
  const model = oneStep((graph) => {
    const tensor = (name: string, ...values: number[]): string =>
      graph.parameter(name, [3], Float32Array.from(values))
    return graph.node('BatchNormalization', 'norm', [
      'x',
      tensor('scale', 1, 1, 1),
      tensor('bias', 0, 0, 0),
      tensor('mean', 0, 0, 0),
      tensor('variance', 1e6, 1, 0.25)
    ])
  })
  const values = await run(toHalf(model).model, IMAGE, SIZE)
  // x / √1e6 for the first channel.
  expect(values[0]).toBeCloseTo(1, 3)
  expect(values[1]).toBeCloseTo(-1, 3)
  expect(toHalf(model).saturated).toBe(0)
})

it('scales of Resize stay float32', async () => {
  const model = oneStep((graph) => {
    const scales = graph.parameter('scales', [4], Float32Array.of(1, 1, 2, 2))
    const larger = graph.node('Resize', 'resize', ['x', '', scales], { mode: 'nearest' })
    return graph.node('MaxPool', 'pool', [larger], { kernel_shape: [2, 2], strides: [2, 2] })
  })
  const { model: half } = toHalf(model)
  expect(stored(half, 'scales').dataType).toBe(FLOAT)
  expect([...(await run(half, IMAGE, SIZE))]).toEqual([...IMAGE])
})

it('masks of the most negative float32 hide as before', async () => {
  const model = oneStep((graph) => {
    const mask = graph.parameter('mask', [1, 1, 1, 2], Float32Array.of(0, -3.4e38))
    return graph.node('Softmax', 'softmax', [graph.node('Add', 'masked', ['x', mask])], { axis: -1 })
  })
  const values = await run(toHalf(model).model, IMAGE, SIZE)
  expect([...values]).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0])
})

it('values made of shapes, and their number formats, follow', async () => {
  const model = oneStep((graph) => {
    const zeros = graph.node('ConstantOfShape', 'zeros', [graph.node('Shape', 'shape', ['x'])])
    const positive = graph.node('Greater', 'positive', ['x', zeros])
    const factor = graph.node('Cast', 'factor', [positive], { to: FLOAT })
    return graph.node('Mul', 'product', ['x', factor])
  })
  const values = await run(toHalf(model).model, IMAGE, SIZE)
  // −0 + 0 is 0.
  expect(Array.from(values, (value) => value + 0)).toEqual([...IMAGE].map((value) => Math.max(0, value)))
})

it('graphs within the graph take float32 from outside', async () => {
  const model = oneStep((graph) => graph.node('Relu', 'relu', ['x']))
  const branch = (op: string): ReturnType<typeof newNode> =>
    newNode(op, op === 'Add' ? ['relu/output', 'one'] : ['relu/output'], `${op}/inner`)
  const attribute = (name: string, op: string) =>
    create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.GRAPH,
      g: create(GraphProtoSchema, { name, node: [branch(op)], output: [{ name: `${op}/inner` }] })
    })
  const condition = create(NodeProtoSchema, {
    opType: 'If',
    name: 'if',
    input: ['wanted'],
    output: ['chosen'],
    attribute: [attribute('then_branch', 'Add'), attribute('else_branch', 'Neg')]
  })
  const builder = new GraphBuilder()
  builder.scalar('one', 1)
  const { initializer } = builder.finish('x', 3, 'x', 12).graph
  const [relu, flat] = model.graph.node
  const whole = withGraph(model, {
    ...model.graph,
    initializer,
    node: [
      relu!,
      newNode('Greater', ['relu/output', 'one'], 'all'),
      newNode('Cast', ['all'], 'count', { to: TensorProto_DataType.INT32 }),
      newNode('ReduceMax', ['count'], 'most', { keepdims: 0 }),
      newNode('Cast', ['most'], 'wanted', { to: TensorProto_DataType.BOOL }),
      condition,
      changed(flat!, { input: ['chosen'] })
    ]
  })
  const expected = [...IMAGE].map((value) => Math.max(0, value) + 1)
  expect([...(await run(whole, IMAGE, SIZE))]).toEqual(expected)
  expect([...(await run(toHalf(whole).model, IMAGE, SIZE))]).toEqual(expected)
})

it('a part of a network computes what the whole does', async () => {
  const model = oneStep((graph) => {
    const mean = graph.node('ReduceMean', 'mean', ['x', graph.integers('axes', [2, 3])])
    return graph.node('Mul', 'product', ['x', graph.node('Add', 'sum', [mean, graph.scalar('third', 1 / 3)])])
  })
  expect(toHalf(model).single).toEqual(
    new Set(['mean/output', 'sum/output', 'product/output', 'flat/output'])
  )
  const part = new GraphBuilder()
  const scaled = part.node('Mul', 'scaled', ['x', part.scalar('third', 1 / 3)])
  const rest = part.finish('x', 3, part.node('Flatten', 'flat', [scaled], { axis: 1 }), 12)
  // As an input of the part the value is rounded, unless it is known not to be in the whole.
  const image = IMAGE.map(() => 1 + 2 ** -14)
  expect([...(await run(toHalf(rest).model, image, SIZE))].every((value) => value === 0x555 / 2 ** 12)).toBe(
    true
  )
  const exact = await run(toHalf(rest, new Set(['x'])).model, image, SIZE)
  exact.forEach((value) => expect(value).toBeCloseTo((1 + 2 ** -14) / 3, 7))
})
