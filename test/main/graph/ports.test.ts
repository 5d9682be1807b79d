/** Graphs with unusual inputs and outputs, exported by PyTorch: test/fixtures/graphs/make_graphs.py. */
import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import type { ModelOptions } from '@shared/contract/model'
import { inspectCheckpoint, loadClassifier } from '../../../src/main/architectures'
import {
  replaceParameters,
  signatureOf,
  withImageInput,
  withLogarithm,
  withOneOutput,
  type OnnxModel
} from '../../../src/main/graph'
import { withGraph } from '../../../src/main/graph/model'
import { ValueInfoProtoSchema } from '../../../src/main/graph/proto/onnx_pb'
import { exportedFile, imagesOf, ports } from '../../support/exported'
import { irregular, largestDifference, run } from '../../support/forward'
import { classifier, constantImages, floatValue, layerNamed, node, withOwnValues } from '../../support/graphs'

const sizes = { n: 2, height: 16, width: 16 }

/** What a graph gets that takes pixels: make_graphs.py makes them of the other images. */
const pixelsOf = (images: Float32Array): Float32Array => images.map((value) => (value * 64 + 128) % 256)

const codes: Readonly<Record<string, readonly string[]>> = {
  softmax: ['softmax-removed'],
  mean_of_softmax: ['probabilities'],
  outputs: ['several-outputs'],
  bytes: ['pixel-input']
}

describe.each(ports)('$file', ({ file, logits }) => {
  const name = file.replace(/_(script|dynamo)\.onnx$/, '')
  const tolerance = name === 'half' ? 2e-2 : 1e-4
  const images = name === 'bytes' ? pixelsOf(imagesOf(16)) : imagesOf(16)

  it("gives PyTorch's logits for float32 images [N, 3, H, W]", async () => {
    const { model, signature } = await loadClassifier(exportedFile(file))
    expect(signature).toMatchObject({ channels: 3, height: 16, width: 16, classes: 5 })
    expect(largestDifference(await run(model, images, sizes), logits)).toBeLessThan(tolerance)
  })

  it('says what was done', async () => {
    const { inspection } = await inspectCheckpoint(exportedFile(file))
    const usual = inspection.warnings
      .map(({ code }) => code)
      .filter((code) => code !== 'normalization-assumed')
    expect(usual).toEqual(codes[name] ?? [])
    expect(inspection.outputs.length).toBe(name === 'outputs' ? 3 : 0)
  })

  it('has two layers, which take new values', async () => {
    const { model, layers } = await loadClassifier(exportedFile(file))
    expect(layers.map(({ name: layer }) => layer)).toEqual(['conv', 'fc'])
    const own = await run(withOwnValues(model), images, sizes)
    expect(largestDifference(own, logits)).toBeLessThan(tolerance)
    const [weight, bias] = layerNamed(layers, 'fc').tensors
    const values = Float32Array.of(0.5, -1, 2, 0, 4)
    const changed = replaceParameters(model, [
      { parameter: weight!, values: new Float32Array(weight!.read().length) },
      { parameter: bias!, values }
    ])
    const expected = name === 'mean_of_softmax' ? logSoftmax(values) : [...values]
    const result = await run(changed, images, sizes)
    expect(largestDifference(result, [...expected, ...expected])).toBeLessThan(1e-6)
  })
})

function logSoftmax(values: Float32Array): number[] {
  const sum = values.reduce((total, value) => total + Math.exp(value), 0)
  return Array.from(values, (value) => value - Math.log(sum))
}

describe('pixels of 0 to 255', () => {
  it('are what the normalisation of the file makes of them', async () => {
    const { inspection } = await inspectCheckpoint(exportedFile('bytes_script.onnx'))
    const { mean, std, source } = inspection.normalization!
    expect(source).toBe('file')
    // As the engine computes in float32: every pixel must come out as itself.
    for (let pixel = 0; pixel < 256; pixel++) {
      const value = Math.fround((Math.fround(pixel / 255) - mean[0]!) / Math.fround(std[0]!))
      expect(Math.trunc(Math.fround(value + 0.5))).toBe(pixel)
    }
  })
})

function withInputType(model: OnnxModel, elemType: number): OnnxModel {
  const [input] = model.graph.input
  const type = input!.type!.value
  if (type.case !== 'tensorType') throw new Error('no tensor')
  const changed = create(ValueInfoProtoSchema, {
    name: input!.name,
    type: { value: { case: 'tensorType', value: { ...type.value, elemType } } }
  })
  return withGraph(model, { ...model.graph, input: [changed] })
}

describe('the choice of an output', () => {
  const inspect = async (options: ModelOptions) =>
    inspectCheckpoint(exportedFile('outputs_dynamo.onnx'), options)

  it('lists them with their shapes', async () => {
    const { inspection } = await inspect({})
    expect(inspection.outputs.map(({ shape }) => shape)).toEqual([
      [null, 6, 1, 1],
      [null, 5],
      [null, 5]
    ])
  })

  it('takes the one that is named, without a warning', async () => {
    const { logits } = ports.find(({ file }) => file === 'outputs_dynamo.onnx')!
    const names = (await inspect({})).inspection.outputs.map(({ name }) => name)
    const { inspection, classifier: last } = await inspect({ output: names[2] })
    expect(inspection.warnings.map(({ code }) => code)).toEqual(['normalization-assumed'])
    const negative = await run(last!.model, imagesOf(16), sizes)
    expect(
      largestDifference(
        negative,
        logits.map((value) => -value)
      )
    ).toBeLessThan(1e-4)
    // Features of six channels: the classifier is not needed for them, and is no layer.
    const { classifier: features } = await inspect({ output: names[0] })
    expect(features!.signature.classes).toBe(6)
    expect(features!.layers.map(({ name }) => name)).toEqual(['conv'])
  })

  it('refuses a name that there is not', async () => {
    const { inspection } = await inspect({ output: 'logits' })
    expect(inspection.error).toMatchObject({ code: 'OPTION_INVALID' })
    expect(inspection.error!.message).toContain('"logits"')
    expect(inspection.error!.fix).toContain(inspection.outputs[0]?.name ?? 'linear')
  })
})

const rows = [
  [1, 2, 3],
  [-1, 0, 4]
]
const W = irregular(12)
const plain = classifier(4, (graph, x) =>
  graph.node('MatMul', 'fc', [x, graph.parameter('fc.weight', [3, 4], W)])
)
const small = { n: 2, height: 4, width: 4 }

describe('several inputs', () => {
  const twoInputs = (used: boolean): OnnxModel =>
    withGraph(plain, {
      ...plain.graph,
      input: [floatValue('extra', [null, 4]), ...plain.graph.input],
      node: [
        ...plain.graph.node,
        node('Add', 'sum', ['fc/output', 'extra'], ['sum']),
        node('Identity', 'same', ['fc/output'], ['same'])
      ],
      output: [floatValue(used ? 'sum' : 'same', [null, 4])]
    })

  it('are fine when the output needs the images alone', async () => {
    const { model } = withOneOutput(twoInputs(false), undefined)
    expect(signatureOf(model).input).toBe('images')
    expect(
      largestDifference(
        await run(model, constantImages(rows), small),
        await run(plain, constantImages(rows), small)
      )
    ).toBe(0)
  })

  it('are refused by name when it needs both', () => {
    const { model } = withOneOutput(twoInputs(true), undefined)
    expect(() => withImageInput(model)).toThrow('It has 2 inputs ("extra" [?, 4], "images" [?, 3, ?, ?])')
  })
})

it('an output of integers is refused', () => {
  const graph = withGraph(plain, {
    ...plain.graph,
    output: [
      withInputType({ ...plain, graph: { ...plain.graph, input: plain.graph.output } }, 7).graph.input[0]!
    ]
  })
  expect(() => withOneOutput(graph, undefined)).toThrow('holds no floating-point numbers')
})

it('no logarithm is taken of logits', () => {
  expect(withLogarithm(plain)).toBeNull()
})
