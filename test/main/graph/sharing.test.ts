/** Tensors that several nodes use, and graphs that are written in unusual ways. */
import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import {
  GraphBuilder,
  replaceParameters,
  signatureOf,
  withoutSoftmax,
  type OnnxModel
} from '../../../src/main/graph'
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema
} from '../../../src/main/graph/proto/onnx_pb'
import { withGraph } from '../../../src/main/graph/model'
import { irregular, largestDifference, run } from '../../support/forward'
import {
  affine,
  classifier,
  constantImages,
  floatValue,
  layerNamed,
  layersOf,
  node,
  withOwnValues
} from '../../support/graphs'

const sizes = { n: 2, height: 4, width: 4 }
const rows = [
  [1, 2, 3],
  [-1, 0, 4]
]
const images = constantImages(rows)

function twoNorms(): OnnxModel {
  const graph = new GraphBuilder()
  const three = (name: string, values: number[]): string =>
    graph.parameter(name, [3], Float32Array.from(values))
  const scale = three('shared.weight', [1, 2, 3])
  const zero = three('zero', [0, 0, 0])
  const one = three('one', [1, 1, 1])
  const first = graph.node(
    'BatchNormalization',
    '/bn1/BatchNormalization',
    ['images', scale, zero, zero, one],
    {
      epsilon: 1e-30
    }
  )
  const second = graph.node(
    'BatchNormalization',
    '/bn2/BatchNormalization',
    [first, scale, zero, zero, one],
    {
      epsilon: 1e-30
    }
  )
  const pooled = graph.node('GlobalAveragePool', 'pool', [second])
  return graph.finish('images', 3, graph.node('Flatten', 'flatten', [pooled], { axis: 1 }), 3)
}

describe('a scale that two batch norms share directly', () => {
  it('makes two layers of different names', () => {
    const layers = layersOf(twoNorms())
    expect(layers.map(({ kind }) => kind)).toEqual(['norm', 'norm'])
    expect(new Set(layers.map(({ name }) => name)).size).toBe(2)
  })

  it.each([0, 1])('is replaced in norm %i alone', async (index) => {
    const model = twoNorms()
    const parameter = layersOf(model)[index]!.tensors[0]!
    const replaced = replaceParameters(model, [{ parameter, values: Float32Array.of(10, 10, 10) }])
    const [a, b] = layersOf(replaced)
    const scales = [a!, b!].map((layer) => [...layer.tensors[0]!.read()])
    expect(scales[index]).toEqual([10, 10, 10])
    expect(scales[1 - index]).toEqual([1, 2, 3])
    // x · 10 · scale, in either order.
    const logits = await run(replaced, images, sizes)
    expect(
      largestDifference(
        logits,
        rows.flatMap((row) => row.map((x, i) => 10 * (i + 1) * x))
      )
    ).toBeLessThan(1e-4)
  })
})

describe('a convolution whose weight goes through a Transpose', () => {
  // Kernel [kh, kw, in, out], turned to [out, in, kh, kw] in the graph, as converters from TensorFlow do.
  const graph = new GraphBuilder()
  const kernel = graph.parameter('conv/kernel', [1, 1, 3, 2], Float32Array.of(1, 2, 3, 4, 5, 6))
  const turned = graph.node('Transpose', 'turn', [kernel], { perm: [3, 2, 0, 1] })
  const conv = graph.node('Conv', 'conv', ['images', turned], { kernel_shape: [1, 1] })
  const pooled = graph.node('GlobalAveragePool', 'pool', [conv])
  const fc = graph.node('Gemm', 'fc', [
    graph.node('Flatten', 'flatten', [pooled], { axis: 1 }),
    graph.parameter('fc.weight', [2, 2], Float32Array.of(1, 0, 0, 1)),
    graph.parameter('fc.bias', [2], Float32Array.of(0, 0))
  ])
  const model = graph.finish('images', 3, fc, 2)

  it('computes the same with its own values', async () => {
    const expected = affine(rows, [1, 3, 5, 2, 4, 6], [0, 0])
    expect([...(await run(model, images, sizes))]).toEqual(expected)
    expect([...(await run(withOwnValues(model), images, sizes))]).toEqual(expected)
  })
})

describe('a last softmax', () => {
  const W = irregular(12)
  const head = (graph: GraphBuilder, x: string): string =>
    graph.node(
      'Gemm',
      'fc',
      [x, graph.parameter('fc.weight', [4, 3], W), graph.parameter('fc.bias', [4], irregular(4, 2))],
      {
        transB: 1
      }
    )
  const plain = classifier(4, head)
  const ending = classifier(4, (graph, x) => graph.node('Softmax', 'softmax', [head(graph, x)], { axis: 1 }))

  it('is taken off: the output is logits, of the same shape', async () => {
    const logits = withoutSoftmax(ending)!
    expect(signatureOf(logits)).toMatchObject({ classes: 4, output: 'fc/output' })
    expect(largestDifference(await run(logits, images, sizes), await run(plain, images, sizes))).toBe(0)
    const probabilities = await run(ending, images, sizes)
    expect(probabilities.slice(0, 4).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6)
    expect(ending.graph.node.at(-1)!.opType).toBe('Softmax')
  })

  it('is not found where there is none', () => {
    expect(withoutSoftmax(plain)).toBeNull()
  })

  it('over another axis stays', () => {
    const overImages = classifier(4, (graph, x) => graph.node('Softmax', 's', [head(graph, x)], { axis: 0 }))
    expect(withoutSoftmax(overImages)).toBeNull()
  })
})

it('fills up the batch of a graph whose batch size is fixed', async () => {
  const W = irregular(12)
  const free = classifier(4, (graph, x) =>
    graph.node('MatMul', 'fc', [x, graph.parameter('fc.weight', [3, 4], W)])
  )
  const fixed = withGraph(free, { ...free.graph, input: [floatValue('images', [5, 3, 4, 4])] })
  expect(signatureOf(fixed)).toMatchObject({ batch: 5, height: 4, width: 4 })
  expect(signatureOf(free)).toMatchObject({ batch: null, height: null, width: null })
  const logits = await run(fixed, images, sizes)
  expect(logits.length).toBe(2 * 4)
  expect(largestDifference(logits, await run(free, images, sizes))).toBe(0)
})

it('replaces weights that an old file lists as inputs, too', async () => {
  const model = classifier(4, (graph, x) =>
    graph.node('MatMul', 'fc', [x, graph.parameter('fc.weight', [3, 4], irregular(12))])
  )
  const old = withGraph(model, {
    ...model.graph,
    input: [...model.graph.input, floatValue('fc.weight', [3, 4])]
  })
  old.irVersion = 3n
  expect(signatureOf(old).input).toBe('images')
  const parameter = layerNamed(layersOf(old), 'fc').tensors[0]!
  const values = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1)
  const replaced = replaceParameters({ ...old, irVersion: 8n }, [{ parameter, values }])
  expect(replaced.graph.input.map(({ name }) => name)).toEqual(['images'])
  expect([...(await run(replaced, images, sizes))]).toEqual(affine(rows, values, [0, 0, 0, 0]))
})

it('keeps tensors that only a branch of an If uses', async () => {
  const model = classifier(3, (graph, x) => {
    graph.parameter('shift', [3], Float32Array.of(100, 200, 300))
    const scale = graph.parameter('fc.weight', [3, 3], Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1))
    return graph.node('MatMul', 'fc', [x, scale])
  })
  const branch = (opType: string, input: string[], output: string) =>
    create(GraphProtoSchema, {
      name: output,
      node: [node(opType, output, input, [output])],
      output: [floatValue(output, [null, 3])]
    })
  const choice = node('If', 'choice', ['condition'], ['logits'])
  choice.attribute = [
    ['then_branch', branch('Add', ['fc/output', 'shift'], 'then')] as const,
    ['else_branch', branch('Identity', ['fc/output'], 'else')] as const
  ].map(([name, g]) => create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.GRAPH, g }))
  const withIf = withGraph(model, {
    ...model.graph,
    node: [...model.graph.node, choice],
    initializer: [
      ...model.graph.initializer,
      create(TensorProtoSchema, {
        name: 'condition',
        dataType: TensorProto_DataType.BOOL,
        rawData: Uint8Array.of(1)
      })
    ],
    output: [floatValue('logits', [null, 3])]
  })
  const expected = rows.flatMap(([a = 0, b = 0, c = 0]) => [a + 100, b + 200, c + 300])
  expect([...(await run(withIf, images, sizes))]).toEqual(expected)
  expect([...(await run(withOwnValues(withIf), images, sizes))]).toEqual(expected)
})
