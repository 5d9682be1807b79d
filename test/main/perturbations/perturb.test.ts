import { describe, expect, it } from 'vitest'
import { loadClassifier } from '../../../src/main/architectures'
import type { GraphLayer } from '../../../src/main/graph'
import { perturb, type LayerPerturbation } from '../../../src/main/perturbations'
import { golden } from '../../support/golden'
import { layerNamed } from '../../support/graphs'
import { fakeLayer } from '../../support/layers'
import { readTensors } from '../../support/safetensors'

const randomize: LayerPerturbation = { kind: 'randomize', scheme: 'timm-resnet' }

async function layers(file: string): Promise<readonly GraphLayer[]> {
  return (await loadClassifier(golden(file))).layers
}

function values(
  all: readonly GraphLayer[],
  name: string,
  trial: number,
  perturbation: LayerPerturbation = randomize
): Record<string, Float32Array> {
  const made = perturb(perturbation, { layer: layerNamed(all, name), layers: all, seed: 5, trial })
  return Object.fromEntries(made.map(({ parameter, values: v }) => [parameter.role, v]))
}

describe('a fresh layer', () => {
  it.each(['conv1', 'layer2.0.downsample.0', 'layer3.0.bn3', 'fc'])(
    '%s is the same in every model and file format',
    async (name) => {
      const first = values(await layers('model.safetensors'), name, 4)
      expect(Object.keys(first).length).toBeGreaterThan(0)
      for (const file of ['reinit_trial0.safetensors', 'model.onnx'])
        expect(values(await layers(file), name, 4), file).toEqual(first)
    }
  )

  it('differs between trials, layers and tensors', async () => {
    const all = await layers('model.safetensors')
    const { weight = new Float32Array(), bias = new Float32Array() } = values(all, 'fc', 0)
    expect(values(all, 'fc', 1)['weight']).not.toEqual(weight)
    expect(weight.slice(0, bias.length)).not.toEqual(bias)
    const twins = ['layer1.0.conv3', 'layer1.0.conv1'].map((name) => values(all, name, 0)['weight']![0])
    expect(twins[0]).not.toBe(twins[1])
  })

  it('does not depend on what was drawn before', async () => {
    const all = await layers('model.safetensors')
    const order = ['conv1', 'layer1.0.conv2', 'fc'].flatMap((name) =>
      [0, 1].map((trial) => ({ name, trial }))
    )
    const forth = order.map(({ name, trial }) => values(all, name, trial))
    const back = order.toReversed().map(({ name, trial }) => values(all, name, trial))
    expect(back.toReversed()).toEqual(forth)
  })

  it('replaces every tensor of the layer, in its shape', async () => {
    for (const layer of await layers('model.safetensors')) {
      const made = perturb(randomize, { layer, layers: [layer], seed: 0, trial: 0 })
      expect(made.map(({ parameter }) => parameter)).toEqual(layer.tensors)
      for (const { parameter, values: v } of made)
        expect(v.length, parameter.name).toBe(parameter.shape.reduce((product, size) => product * size, 1))
    }
  })
})

describe('zero', () => {
  it('sets weight and bias to 0 and leaves the statistics of a batch norm', async () => {
    const all = await layers('model.safetensors')
    const norm = values(all, 'layer2.0.bn2', 0, { kind: 'zero' })
    expect(Object.keys(norm)).toEqual(['weight', 'bias'])
    const fc = values(all, 'fc', 0, { kind: 'zero' })
    expect(Object.keys(fc)).toEqual(['weight', 'bias'])
    for (const zeros of [...Object.values(norm), ...Object.values(fc)]) {
      expect(zeros.length).toBeGreaterThan(0)
      expect(zeros.every((value) => value === 0)).toBe(true)
    }
  })
})

describe('reinit', () => {
  it.each(['conv1', 'layer2.1.bn3', 'fc'])(
    'takes every tensor of %s from the second checkpoint',
    async (name) => {
      const source = await layers('reinit_trial1.safetensors')
      const made = values(await layers('model.onnx'), name, 0, { kind: 'reinit', source })
      const second = readTensors(golden('reinit_trial1.safetensors'))
      const own = [...second.keys()].filter((key) => key.startsWith(`${name}.`) && !key.endsWith('tracked'))
      expect(
        Object.keys(made)
          .map((role) => `${name}.${role}`)
          .sort()
      ).toEqual(own.sort())
      for (const key of own) {
        const { bytes } = second.get(key)!
        expect(made[key.slice(name.length + 1)], key).toEqual(new Float32Array(bytes.slice().buffer))
      }
    }
  )

  const layer = fakeLayer('conv', 'conv', { weight: [4, 3, 1, 1], bias: [4] })
  const from = (source: readonly GraphLayer[]) => () =>
    perturb({ kind: 'reinit', source }, { layer, layers: [layer], seed: 0, trial: 0 })

  it('refuses a checkpoint without the layer', () => {
    expect(from([fakeLayer('other', 'conv', { weight: [4, 3, 1, 1] })])).toThrow(
      expect.objectContaining({ code: 'LAYER_UNKNOWN', message: expect.stringContaining('"conv"') as string })
    )
  })

  it.each([
    ['of another shape', { weight: [4, 3, 3, 3], bias: [4] }, '"conv.weight"'],
    ['of another rank', { weight: [4, 3], bias: [4] }, '"conv.weight"'],
    ['without the bias', { weight: [4, 3, 1, 1] }, '"conv.bias"']
  ])('refuses a layer %s', (_, shapes, named) => {
    expect(from([fakeLayer('conv', 'conv', shapes)])).toThrow(
      expect.objectContaining({ code: 'TENSOR_SHAPE', message: expect.stringContaining(named) as string })
    )
  })
})

it('identity gives the layer’s own values', async () => {
  const own = values(await layers('model.onnx'), 'layer1.0.conv1', 0, { kind: 'identity' })
  const { bytes } = readTensors(golden('model.safetensors')).get('layer1.0.conv1.weight')!
  expect(own).toEqual({ weight: new Float32Array(bytes.slice().buffer) })
})
