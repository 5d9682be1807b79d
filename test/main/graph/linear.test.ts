/** Linear layers in every form that exporters write. Logits by hand: W x + b with small whole numbers. */
import { describe, expect, it } from 'vitest'
import { replaceParameters, type GraphBuilder, type OnnxModel } from '../../../src/main/graph'
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
  'Gemm with transB = 1': (graph, x) =>
    graph.node(
      'Gemm',
      'fc',
      [x, graph.parameter('fc.weight', [4, 3], W), graph.parameter('fc.bias', [4], B)],
      {
        transB: 1
      }
    ),
  'Gemm with transB = 0': (graph, x) =>
    graph.node('Gemm', 'fc', [
      x,
      graph.parameter('fc.weight', [3, 4], W_TRANSPOSED),
      graph.parameter('fc.bias', [4], B)
    ]),
  'MatMul and Add': (graph, x) => {
    const product = graph.node('MatMul', 'fc', [x, graph.parameter('fc.weight', [3, 4], W_TRANSPOSED)])
    return graph.node('Add', 'add', [product, graph.parameter('fc.bias', [4], B)])
  },
  'Add with the bias first': (graph, x) => {
    const product = graph.node('MatMul', 'fc', [x, graph.parameter('fc.weight', [3, 4], W_TRANSPOSED)])
    return graph.node('Add', 'add', [graph.parameter('fc.bias', [4], B), product])
  },
  'MatMul of a transposed constant': (graph, x) => {
    const turned = graph.node('Transpose', 'turn', [graph.parameter('fc.weight', [4, 3], W)], {
      perm: [1, 0]
    })
    const product = graph.node('MatMul', '/fc/MatMul', [x, turned])
    return graph.node('Add', 'add', [product, graph.parameter('fc.bias', [4], B)])
  },
  'Gemm with transB = 1 of a transposed constant': (graph, x) => {
    const weight = graph.parameter('fc.weight', [3, 4], W_TRANSPOSED)
    const turned = graph.node('Transpose', 'turn', [weight], { perm: [1, 0] })
    return graph.node('Gemm', '/fc/Gemm', [x, turned, graph.parameter('fc.bias', [4], B)], { transB: 1 })
  },
  'a constant behind an Identity': (graph, x) => {
    const same = graph.node('Identity', 'same', [graph.parameter('fc.weight', [3, 4], W_TRANSPOSED)])
    return graph.node('Gemm', '/fc/Gemm', [x, same, graph.parameter('fc.bias', [4], B)])
  }
}

describe.each(Object.keys(forms))('%s', (form) => {
  const model: OnnxModel = classifier(4, forms[form]!)

  it('is one linear layer, read as [out, in]', () => {
    const [layer, ...others] = layersOf(model)
    expect(others).toEqual([])
    expect(layer).toMatchObject({ name: 'fc', kind: 'linear', shape: [4, 3], parameters: 16, macs: 12 })
    const [weight, bias] = layer!.tensors
    expect([weight!.name, bias!.name]).toEqual(['fc.weight', 'fc.bias'])
    expect([...weight!.read()]).toEqual([...W])
    expect([...bias!.read()]).toEqual([...B])
  })

  it('computes the same with its own values', async () => {
    expect([...(await run(model, images, sizes))]).toEqual(affine(rows, W, B))
    expect([...(await run(withOwnValues(model), images, sizes))]).toEqual(affine(rows, W, B))
  })

  it('takes new values in [out, in]', async () => {
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

describe('one weight used by two MatMuls', () => {
  const S = Float32Array.of(1, 2, 0, 0, 1, 0, 5, 0, 1)
  const shared = classifier(3, (graph, x) => {
    const weight = graph.parameter('mix.weight', [3, 3], S)
    return graph.node('MatMul', 'second', [graph.node('MatMul', 'first', [x, weight]), weight])
  })

  it('is one layer, and is replaced in both', async () => {
    const layers = layersOf(shared)
    expect(layers.map(({ name, parameters }) => [name, parameters])).toEqual([['mix', 9]])
    const double = Float32Array.of(2, 0, 0, 0, 2, 0, 0, 0, 2)
    const replaced = replaceParameters(shared, [{ parameter: layers[0]!.tensors[0]!, values: double }])
    expect([...(await run(replaced, images, sizes))]).toEqual(rows.flat().map((x) => 4 * x))
  })

  it('keeps the biases that each of them has', async () => {
    const biased = classifier(3, (graph, x) => {
      const weight = graph.parameter('mix.weight', [3, 3], S)
      const first = graph.node('MatMul', 'first', [x, weight])
      const one = graph.node('Add', 'one', [
        first,
        graph.parameter('one.bias', [3], Float32Array.of(1, 1, 1))
      ])
      const second = graph.node('MatMul', 'second', [one, weight])
      return graph.node('Add', 'two', [second, graph.parameter('two.bias', [3], Float32Array.of(7, 8, 9))])
    })
    const before = await run(biased, images, sizes)
    expect([...(await run(withOwnValues(biased), images, sizes))]).toEqual([...before])
  })

  it('turned for one of them computes the same with its own values', async () => {
    const turned = classifier(3, (graph, x) => {
      const weight = graph.parameter('mix.weight', [3, 3], S)
      const other = graph.node('Transpose', 'turn', [weight], { perm: [1, 0] })
      return graph.node('MatMul', 'second', [graph.node('MatMul', 'first', [x, weight]), other])
    })
    const before = await run(turned, images, sizes)
    expect([...(await run(withOwnValues(turned), images, sizes))]).toEqual([...before])
  })

  it('in two orientations computes the same with its own values', async () => {
    const turned = classifier(3, (graph, x) => {
      const weight = graph.parameter('mix.weight', [3, 3], S)
      return graph.node('Gemm', 'second', [graph.node('MatMul', 'first', [x, weight]), weight], { transB: 1 })
    })
    const before = await run(turned, images, sizes)
    expect([...(await run(withOwnValues(turned), images, sizes))]).toEqual([...before])
  })
})

it('a product of two computed values is no layer', () => {
  const model = classifier(1, (graph, x) => {
    const column = graph.node('Transpose', 'turn', [x], { perm: [1, 0] })
    return graph.node('MatMul', 'gram', [x, column])
  })
  expect(layersOf(model)).toEqual([])
})
