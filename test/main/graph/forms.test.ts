/** Layers as other exporters and optimisers write them. Logits by hand: small whole numbers. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder, replaceParameters, type OnnxModel } from '../../../src/main/graph'
import { run } from '../../support/forward'
import { affine, classifier, constantImages, layersOf, withOwnValues } from '../../support/graphs'

const rows = [
  [1, 2, 3],
  [-1, 0, 4]
]
const W = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, -1, -2, -3)
const W_TRANSPOSED = Float32Array.of(1, 4, 7, -1, 2, 5, 8, -2, 3, 6, 9, -3)
const B = Float32Array.of(10, 20, 30, 40)
const images = constantImages(rows)
const sizes = { n: 2, height: 4, width: 4 }

const forms: Record<string, (graph: GraphBuilder, x: string) => string> = {
  'a constant on the left': (graph, x) => {
    const column = graph.node('Transpose', 'column', [x], { perm: [1, 0] })
    const product = graph.node('MatMul', '/fc/MatMul', [graph.parameter('fc.weight', [4, 3], W), column])
    const sum = graph.node('Add', 'add', [product, graph.parameter('fc.bias', [4, 1], B)])
    return graph.node('Transpose', 'row', [sum], { perm: [1, 0] })
  },
  'a matrix with an axis of size 1, and a bias likewise': (graph, x) => {
    const product = graph.node('MatMul', '/fc/MatMul', [
      x,
      graph.parameter('fc.weight', [1, 3, 4], W_TRANSPOSED)
    ])
    const sum = graph.node('Add', 'add', [product, graph.parameter('fc.bias', [1, 1, 4], B)])
    return graph.node('Flatten', 'flat', [graph.node('Transpose', 'turn', [sum], { perm: [1, 0, 2] })], {
      axis: 1
    })
  },
  'a matrix that is flattened, and a bias behind an Identity': (graph, x) => {
    const kernel = graph.node('Flatten', 'shape', [graph.parameter('fc.weight', [4, 3, 1, 1], W)], {
      axis: 1
    })
    const bias = graph.node('Identity', 'same', [graph.parameter('fc.bias', [4], B)])
    return graph.node('Gemm', '/fc/Gemm', [x, kernel, bias], { transB: 1 })
  },
  'a bias of several parts': (graph, x) => {
    const parts = [
      graph.parameter('fc.q_bias', [2], B.slice(0, 2)),
      graph.parameter('fc.v_bias', [2], B.slice(2))
    ]
    const bias = graph.node('Concat', 'parts', parts, { axis: 0 })
    const product = graph.node('MatMul', '/fc/MatMul', [
      x,
      graph.parameter('fc.weight', [3, 4], W_TRANSPOSED)
    ])
    return graph.node('Add', 'add', [product, bias])
  }
}

describe.each(Object.keys(forms))('%s', (form) => {
  const model = classifier(4, forms[form]!)

  it('is one linear layer, read as [out, in]', () => {
    const [layer, ...others] = layersOf(model)
    expect(others).toEqual([])
    expect(layer).toMatchObject({ name: 'fc', kind: 'linear', shape: [4, 3], parameters: 16, macs: 12 })
    expect(layer!.tensors.map((tensor) => [...tensor.read()])).toEqual([[...W], [...B]])
  })

  it('takes its own values and new ones', async () => {
    expect([...(await run(withOwnValues(model), images, sizes))]).toEqual(affine(rows, W, B))
    const [weight, bias] = layersOf(model)[0]!.tensors
    const values = Float32Array.of(0, 1, 0, 2, 0, 0, 0, 0, 3, 1, 1, 1)
    const shift = Float32Array.of(-1, 0, 1, 2)
    const replaced = replaceParameters(model, [
      { parameter: weight!, values },
      { parameter: bias!, values: shift }
    ])
    expect([...(await run(replaced, images, sizes))]).toEqual(affine(rows, values, shift))
  })
})

describe('a convolution with its bias in an Add', () => {
  const graph = new GraphBuilder()
  const conv = graph.node('Conv', '/conv/Conv', ['images', graph.parameter('conv.weight', [4, 3, 1, 1], W)])
  const sum = graph.node('Add', 'add', [conv, graph.parameter('shift', [1, 4, 1, 1], B)])
  const pooled = graph.node('GlobalAveragePool', 'pool', [sum])
  const model = graph.finish('images', 3, graph.node('Flatten', 'flatten', [pooled], { axis: 1 }), 4)

  it('is one layer', async () => {
    const [layer, ...others] = layersOf(model)
    expect(others).toEqual([])
    expect(layer).toMatchObject({ name: 'conv', kind: 'conv', shape: [4, 3, 1, 1], parameters: 16 })
    expect(layer!.tensors[1]!.shape).toEqual([4])
    expect([...(await run(withOwnValues(model), images, sizes))]).toEqual(affine(rows, W, B))
  })
})

describe('a batch norm that is written as Mul and Add', () => {
  const affineNet = (before: boolean): OnnxModel =>
    classifier(4, (graph, x) => {
      const scaled = (value: string, size: number): string => {
        const mul = graph.node('Mul', '/bn/Mul', [
          value,
          graph.parameter(
            'a',
            [size],
            Float32Array.from({ length: size }, (_, i) => i + 2)
          )
        ])
        return graph.node('Add', '/bn/Add', [
          mul,
          graph.parameter(
            'b',
            [size],
            Float32Array.from({ length: size }, (_, i) => -i)
          )
        ])
      }
      const fc = (value: string): string =>
        graph.node('MatMul', '/fc/MatMul', [value, graph.parameter('fc.weight', [3, 4], W_TRANSPOSED)])
      return before ? fc(scaled(x, 3)) : scaled(fc(x), 4)
    })

  it('is a scale with a shift', async () => {
    const model = affineNet(false)
    const [, layer, ...others] = layersOf(model)
    expect(others).toEqual([])
    expect(layer).toMatchObject({ name: 'bn', kind: 'scale', shape: [4], parameters: 8 })
    const [weight, bias] = layer!.tensors
    const replaced = replaceParameters(model, [
      { parameter: weight!, values: Float32Array.of(1, 1, 1, 1) },
      { parameter: bias!, values: B }
    ])
    expect([...(await run(replaced, images, sizes))]).toEqual(affine(rows, W, B))
  })

  it('in front of every layer it prepares the image, and is none', () => {
    expect(layersOf(affineNet(true)).map(({ name }) => name)).toEqual(['fc'])
  })
})

describe('norms that are written out', () => {
  const scale = Float32Array.of(2, 4, 8)
  const shift = Float32Array.of(1, 2, 3)
  type Form = (graph: GraphBuilder, parts: Record<'centred' | 'variance' | 'gamma', string>) => string
  const written: Record<string, Form> = {
    'Div by Sqrt': (graph, { centred, variance, gamma }) =>
      graph.node('Mul', '/norm/Mul', [
        graph.node('Div', 'div', [centred, graph.node('Sqrt', 'sqrt', [variance])]),
        gamma
      ]),
    'Mul by Reciprocal': (graph, { centred, variance, gamma }) => {
      const inverse = graph.node('Reciprocal', 'inverse', [graph.node('Sqrt', 'sqrt', [variance])])
      return graph.node('Mul', '/norm/Mul', [gamma, graph.node('Mul', 'scaled', [centred, inverse])])
    },
    'Pow of −½': (graph, { centred, variance, gamma }) => {
      const power = graph.parameter('power', [], Float32Array.of(-0.5))
      const inverse = graph.node('Pow', 'inverse', [variance, power])
      return graph.node('Mul', '/norm/Mul', [graph.node('Mul', 'scaled', [centred, inverse]), gamma])
    }
  }

  const netOf = (form: Form): OnnxModel =>
    classifier(3, (graph, image) => {
      const identity = graph.parameter('fc.weight', [3, 3], Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1))
      const x = graph.node('MatMul', '/fc/MatMul', [image, identity])
      const mean = graph.node('ReduceMean', 'mean', [x], { axes: [-1] })
      const centred = graph.node('Sub', 'centred', [x, mean])
      const square = graph.node('Mul', 'square', [centred, centred])
      const average = graph.node('ReduceMean', 'average', [square], { axes: [-1] })
      const variance = graph.node('Add', 'variance', [
        average,
        graph.parameter('eps', [], Float32Array.of(0))
      ])
      const gamma = graph.parameter('norm.weight', [3], scale)
      const scaled = form(graph, { centred, variance, gamma })
      return graph.node('Add', '/norm/Add', [scaled, graph.parameter('norm.bias', [3], shift)])
    })

  const expected = rows.flatMap((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / 3
    const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3)
    return row.map((value, i) => ((value - mean) / deviation) * scale[i]! + shift[i]!)
  })

  it.each(Object.keys(written))('%s is one norm', async (form) => {
    const model = netOf(written[form]!)
    const [, norm, ...others] = layersOf(model)
    expect(others).toEqual([])
    expect(norm).toMatchObject({ name: 'norm', kind: 'norm', shape: [3], parameters: 6 })
    const result = await run(withOwnValues(model), images, sizes)
    result.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4)
    })
  })

  it('also where scale and deviation are one factor, as TensorFlow has it', async () => {
    const model = classifier(3, (graph, image) => {
      const identity = graph.parameter('fc.weight', [3, 3], Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1))
      const x = graph.node('MatMul', '/fc/MatMul', [image, identity])
      const mean = graph.node('ReduceMean', 'mean', [x], { axes: [-1] })
      const centred = graph.node('Sub', 'centred', [x, mean])
      const variance = graph.node(
        'ReduceMean',
        'variance',
        [graph.node('Mul', 'square', [centred, centred])],
        {
          axes: [-1]
        }
      )
      const inverse = graph.node('Reciprocal', 'inverse', [graph.node('Sqrt', 'sqrt', [variance])])
      const factor = graph.node('Mul', '/norm/Mul', [inverse, graph.parameter('norm.gamma', [3], scale)])
      const moved = graph.node('Mul', 'moved', [mean, factor])
      const rest = graph.node('Sub', 'rest', [graph.parameter('norm.beta', [3], shift), moved])
      return graph.node('Add', 'sum', [graph.node('Mul', 'scaled', [x, factor]), rest])
    })
    const [, norm, ...others] = layersOf(model)
    expect(others).toEqual([])
    expect(norm).toMatchObject({ name: 'norm', kind: 'norm', parameters: 6 })
    const result = await run(withOwnValues(model), images, sizes)
    result.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4)
    })
  })
})

describe('what is added to attention', () => {
  const withMask = (values: number[]): OnnxModel =>
    classifier(4, (graph, x) => {
      const fc = graph.node('MatMul', '/attn/fc/MatMul', [
        x,
        graph.parameter('fc.weight', [3, 4], W_TRANSPOSED)
      ])
      return graph.node('Add', '/attn/Add', [
        fc,
        graph.parameter('onnx::Add_7', [2, 4], Float32Array.from(values))
      ])
    })

  it('is a layer where it is learned', () => {
    const [, table] = layersOf(withMask([1, 2, 3, 4, 5, 6, 7, 8]))
    expect(table).toMatchObject({ name: 'attn.relative_position_bias', kind: 'embedding', shape: [2, 4] })
  })

  it.each([
    [[0, 0, -100, 0, 0, -100, 0, 0]],
    [[0, 0, -Infinity, 0, 0, 0, 0, 0]],
    [[0, -3.4e38, 0, 0, 0, 0, 0, 0]]
  ])('is none where it hides places: %j', (values) => {
    expect(layersOf(withMask(values)).map(({ kind }) => kind)).toEqual(['linear'])
  })
})

it('what no output needs is no layer', () => {
  const model = classifier(4, (graph, x) => {
    graph.node('MatMul', 'aux', [x, graph.parameter('aux.weight', [3, 4], W)])
    return graph.node('MatMul', 'fc', [x, graph.parameter('fc.weight', [3, 4], W_TRANSPOSED)])
  })
  expect(layersOf(model).map(({ name }) => name)).toEqual(['fc'])
})
