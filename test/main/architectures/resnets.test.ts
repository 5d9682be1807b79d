/** Logits by PyTorch: test/fixtures/make_resnets.py. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { inspectCheckpoint, loadClassifier } from '../../../src/main/architectures'
import { floatImages, largestDifference, logitsOf } from '../../support/forward'
import { fixture } from '../../support/golden'
import { readNpy } from '../../support/npy'
import { readTensors } from '../../support/safetensors'

interface Entry {
  readonly file: string
  readonly dtype: string
  readonly input: string
  readonly logits: string
  readonly block: 'basic' | 'bottleneck'
  readonly layers: number[]
  readonly channels: number[]
  readonly classes: number
  readonly stem: { readonly kernel: number; readonly stride: number; readonly channels: number }
  readonly size: number
}

const resnets = (name: string): string => fixture(`resnets/${name}`)
const { models } = JSON.parse(readFileSync(resnets('index.json'), 'utf8')) as { models: Entry[] }

it('has fixtures of both blocks, both stems and four number formats', () => {
  expect(new Set(models.map(({ block }) => block))).toEqual(new Set(['basic', 'bottleneck']))
  expect(new Set(models.map(({ stem }) => stem.stride))).toEqual(new Set([1, 2]))
  expect(new Set(models.map(({ dtype }) => dtype))).toEqual(new Set(['F32', 'F16', 'BF16', 'F64']))
})

describe.each(models)('$file', (entry) => {
  it("gives PyTorch's logits", async () => {
    const logits = await logitsOf(resnets(entry.file), floatImages(resnets(entry.input)))
    const reference = readNpy(resnets(entry.logits))
    expect(reference.shape).toEqual([3, entry.classes])
    expect(largestDifference(logits, reference.data)).toBeLessThan(1e-4)
  })

  it('is recognised with its hyperparameters, every tensor accounted for', async () => {
    const { inspection } = await inspectCheckpoint(resnets(entry.file))
    const names = [...readTensors(resnets(entry.file)).keys()]
    const counters = names.filter((name) => name.endsWith('num_batches_tracked'))
    const block = entry.block === 'basic' ? 'BasicBlock' : 'Bottleneck'
    expect(inspection.architecture).toContain(`ResNet ${block} [${entry.layers.join(', ')}]`)
    expect(inspection).toMatchObject({
      format: 'safetensors',
      family: 'resnet',
      prefixes: [],
      missing: [],
      unexpected: [],
      classes: entry.classes,
      tensors: names.length,
      matched: names.length - counters.length
    })
    expect(inspection.error).toBeUndefined()
    expect(counters.length).toBeGreaterThan(0)
    expect([...inspection.ignored].sort()).toEqual(counters.sort())
  })

  it('lists every convolution, batch norm and linear layer of the file with its shape', async () => {
    const { layers } = await loadClassifier(resnets(entry.file))
    const tensors = readTensors(resnets(entry.file))
    const modules = [...tensors]
      .filter(([name]) => name.endsWith('.weight'))
      .map(([name, { shape }]) => [name.slice(0, -'.weight'.length), shape] as const)
    expect(new Map(layers.map(({ name, shape }) => [name, shape]))).toEqual(new Map(modules))
    for (const { name, kind, shape, parameters } of layers) {
      expect(kind, name).toBe(name === 'fc' ? 'linear' : shape.length === 4 ? 'conv' : 'norm')
      // torch.nn counts weight and bias; running statistics are buffers.
      const own = [...tensors].filter(([key]) => key.replace(/\.(weight|bias)$/, '') === name)
      const sizes = own.map(([, tensor]) => tensor.shape.reduce((product, size) => product * size, 1))
      expect(parameters, name).toBe(sizes.reduce((sum, size) => sum + size, 0))
    }
  })
})

it('places layers in stages and blocks', async () => {
  const { layers } = await loadClassifier(resnets('basic_timm.safetensors'))
  const place = (name: string): unknown => {
    const layer = layers.find((candidate) => candidate.name === name)!
    return [layer.stage, layer.block]
  }
  expect(place('conv1')).toEqual([null, null])
  expect(place('fc')).toEqual([null, null])
  expect(place('layer2.1.bn2')).toEqual(['layer2', 'layer2.1'])
  expect(place('layer2.0.downsample.0')).toEqual(['layer2', 'layer2.0'])
})
