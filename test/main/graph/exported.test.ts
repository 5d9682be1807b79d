/** One trained model in four files: a state dict, and three exports by PyTorch (test/fixtures/golden). */
import { describe, expect, it } from 'vitest'
import { inspectCheckpoint, loadClassifier } from '../../../src/main/architectures'
import { batchNormsFolded } from '../../../src/main/graph/folding'
import {
  findLayers,
  GraphBuilder,
  replaceParameters,
  type GraphLayer,
  type OnnxModel
} from '../../../src/main/graph'
import { expected, golden } from '../../support/golden'
import { largestDifference } from '../../support/forward'
import { layerNamed } from '../../support/graphs'
import { readTensors } from '../../support/safetensors'

/** Names of timm's modules, in the order of their forward pass. */
const timmLayers = expected.rows.filter(({ mode }) => mode === 'zero').map(({ layer }) => layer)
const tensors = readTensors(golden('model.safetensors'))
const shapeOf = (layer: string): readonly number[] => tensors.get(`${layer}.weight`)!.shape

const layers = async (file: string): Promise<readonly GraphLayer[]> =>
  (await loadClassifier(golden(file))).layers

describe.each(['model.safetensors', 'model.onnx'])('%s', (file) => {
  it("has timm's modules in order, with their shapes", async () => {
    const found = await layers(file)
    expect(timmLayers.length).toBe(39)
    expect(found.map(({ name }) => name)).toEqual(timmLayers)
    expect(found.map(({ shape }) => shape)).toEqual(timmLayers.map(shapeOf))
  })
})

describe.each(['model_folded.onnx', 'model_dynamo.onnx'])('%s', (file) => {
  it("has timm's convolutions and classifier in order, with their shapes, and no batch norm", async () => {
    const found = await layers(file)
    const weighted = timmLayers.filter((name) => shapeOf(name).length > 1)
    expect(weighted.length).toBe(20)
    expect(found.map(({ name }) => name)).toEqual(weighted)
    expect(found.map(({ shape }) => shape)).toEqual(weighted.map(shapeOf))
    expect(found.map(({ kind }) => kind)).toEqual(weighted.map((name) => (name === 'fc' ? 'linear' : 'conv')))
  })
})

it.each([
  ['model.safetensors', false],
  ['model.onnx', false],
  ['model_folded.onnx', true],
  ['model_dynamo.onnx', true]
])('batch norms of %s are folded: %s', async (file, folded) => {
  const { model } = await loadClassifier(golden(file))
  expect(batchNormsFolded(model)).toBe(folded)
  const { inspection } = await inspectCheckpoint(golden(file))
  expect(inspection.warnings.some(({ code }) => code === 'batch-norm-folded')).toBe(folded)
})

describe('a graph of a biased convolution and a residual sum', () => {
  const graphOf = (normalise: (graph: GraphBuilder, x: string) => string): OnnxModel => {
    const graph = new GraphBuilder()
    const weight = graph.parameter('patch.weight', [3, 3, 1, 1], new Float32Array(9))
    const conv = graph.node('Conv', 'patch', [
      'images',
      weight,
      graph.parameter('patch.bias', [3], new Float32Array(3))
    ])
    const sum = graph.node('Add', 'sum', [conv, normalise(graph, conv)])
    return graph.finish('images', 3, graph.node('GlobalAveragePool', 'pool', [sum]), 3)
  }

  it('has folded batch norms', () => {
    expect(batchNormsFolded(graphOf((graph, x) => graph.node('Relu', 'act', [x])))).toBe(true)
  })

  it('has none with a layer norm, also one that is written out as before operator set 17', () => {
    const whole = (graph: GraphBuilder, x: string) =>
      graph.node('LayerNormalization', 'norm', [x, graph.parameter('norm.weight', [4], new Float32Array(4))])
    const parts = (graph: GraphBuilder, x: string) => {
      const centred = graph.node('Sub', 'centred', [x, graph.node('ReduceMean', 'mean', [x])])
      const square = graph.node('Mul', 'square', [centred, centred])
      const deviation = graph.node('Sqrt', 'deviation', [graph.node('ReduceMean', 'variance', [square])])
      return graph.node('Div', 'norm', [centred, deviation])
    }
    expect(batchNormsFolded(graphOf(whole))).toBe(false)
    expect(batchNormsFolded(graphOf(parts))).toBe(false)
  })
})

it('counts the same multiply–adds in every file', async () => {
  const macs = async (file: string): Promise<Map<string, number | null>> =>
    new Map(
      (await layers(file)).filter(({ kind }) => kind !== 'norm').map(({ name, macs: count }) => [name, count])
    )
  const exported = await macs('model.onnx')
  // conv1 by hand: 7 × 7 with stride 2 makes 16 × 16 outputs of a 32 × 32 image.
  expect(exported.get('conv1')).toBe(16 * 16 * shapeOf('conv1').reduce((product, size) => product * size, 1))
  expect(await macs('model_folded.onnx')).toEqual(exported)
  expect(await macs('model_dynamo.onnx')).toEqual(exported)
})

it('reads the values of every parameter as the state dict has them', async () => {
  for (const layer of await layers('model.onnx')) {
    for (const tensor of layer.tensors) {
      const { shape, bytes } = tensors.get(tensor.name)!
      expect(tensor.shape, tensor.name).toEqual(shape)
      expect(largestDifference(tensor.read(), new Float32Array(bytes.slice().buffer)), tensor.name).toBe(0)
    }
  }
})

it('names a shared tensor by the layer that uses it', async () => {
  const found = await layers('model.onnx')
  const bias = (name: string) => layerNamed(found, name).tensors.find(({ role }) => role === 'bias')!
  expect(bias('layer3.0.downsample.1').name).toBe('layer3.0.downsample.1.bias')
  expect(bias('layer3.0.bn3').name).toBe('layer3.0.bn3.bias')
})

// The exporter found the two biases equal and shares one tensor through an Identity node.
describe.each([
  ['layer3.0.bn3', 'layer3.0.downsample.1'],
  ['layer3.0.downsample.1', 'layer3.0.bn3']
])('replacing the bias of %s', (changed, kept) => {
  it(`leaves the one of ${kept}`, async () => {
    const { model, layers: found } = await loadClassifier(golden('model.onnx'))
    const parameter = layerNamed(found, changed).tensors.find(({ role }) => role === 'bias')!
    const values = new Float32Array(parameter.shape[0]!).fill(42)
    const replaced = replaceParameters(model, [{ parameter, values }])
    const after = findLayers(replaced, [1, 3, 32, 32])
    const biases = (index: number): number[] => [
      ...after[index]!.tensors.find(({ role }) => role === 'bias')!.read()
    ]
    expect(biases(found.findIndex(({ name }) => name === changed))).toEqual([...values])
    const before = layerNamed(found, kept).tensors.find(({ role }) => role === 'bias')!
    expect(biases(found.findIndex(({ name }) => name === kept))).toEqual([...before.read()])
    // The given model is as it was.
    expect([...parameter.read()]).toEqual([...before.read()])
    expect(model.graph.initializer.some(({ name }) => name.startsWith('linchpin'))).toBe(false)
  })
})
