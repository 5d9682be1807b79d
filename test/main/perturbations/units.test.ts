import { describe, expect, it } from 'vitest'
import { hasUnits, isStackedProjection, parametersOf, unitsIn, type UnitType } from '@shared/units'
import { loadClassifier } from '../../../src/main/architectures'
import type { GraphLayer } from '../../../src/main/graph'
import { fixture } from '../../support/golden'
import { fakeLayer } from '../../support/layers'

const layersOf = async (file: string): Promise<readonly GraphLayer[]> =>
  (await loadClassifier(fixture(file))).layers

const names = (layers: readonly GraphLayer[], type: UnitType): string[] =>
  unitsIn(layers, type, null).map(({ name }) => name)

describe('layers', () => {
  it('are the convolutions and linear layers, unless kinds are named', async () => {
    const layers = await layersOf('golden/model.safetensors')
    const units = unitsIn(layers, 'layer', null)
    expect(units.map(({ name }) => name)).toEqual(
      layers.filter(({ kind }) => kind === 'conv' || kind === 'linear').map(({ name }) => name)
    )
    expect(units.every(({ kind, members }) => members.length === 1 && members[0]!.layer.kind === kind)).toBe(
      true
    )
    expect(unitsIn(layers, 'layer', ['norm']).every(({ kind }) => kind === 'norm')).toBe(true)
  })
})

describe('parts', () => {
  // The attention of these is nn.MultiheadAttention, or timm's: queries, keys and values one below the other.
  it.each([
    ['vit/timm.safetensors', 'blocks.0.attn.qkv', 24],
    ['vit/torchvision.safetensors', 'blocks.0.attn.qkv', 24],
    ['graphs/torchvision_vit_dynamo.onnx', 'encoder.layers.encoder_layer_0.self_attention.in_proj', 16],
    ['graphs/torchvision_vit_script.onnx', 'encoder.layers.encoder_layer_0.self_attention.in_proj', 16],
    ['graphs/swin_dynamo.onnx', 'layers.0.blocks.0.attn.qkv', 8],
    ['graphs/vit_script.onnx', 'blocks.0.attn.qkv', 16]
  ])('%s: %s is three of %i rows', async (file, name, width) => {
    const layers = await layersOf(file)
    const stacked = layers.find((layer) => layer.name === name)!
    expect(stacked.shape).toEqual([3 * width, width])
    const units = unitsIn(layers, 'part', null).filter(({ members }) => members[0]!.layer === stacked)
    expect(units).toEqual([
      { name: `${name}.q`, kind: 'linear', members: [{ layer: stacked, rows: [0, width] }] },
      { name: `${name}.k`, kind: 'linear', members: [{ layer: stacked, rows: [width, 2 * width] }] },
      { name: `${name}.v`, kind: 'linear', members: [{ layer: stacked, rows: [2 * width, 3 * width] }] }
    ])
    for (const unit of units) expect(parametersOf(unit)).toBe(width * width + width)
  })

  it('leave every other layer whole, in network order', async () => {
    const layers = await layersOf('vit/timm.safetensors')
    const split = names(layers, 'part').map((name) => name.replace(/\.[qkv]$/, ''))
    expect([...new Set(split)]).toEqual(names(layers, 'layer'))
    expect(split.length).toBe(names(layers, 'layer').length + 2 * 2)
  })

  // [name, shape]: how timm, torchvision, Mamba and others use these names.
  it.each([
    ['CoAtNet interleaves heads', 'stages.2.blocks.0.attn.qkv', [192, 64]],
    ['TinyViT interleaves heads', 'stages.1.blocks.0.attn.qkv', [192, 64]],
    ['LeViT interleaves heads', 'blocks.0.attn.qkv.linear', [192, 64]],
    ['keys of another width', 'blocks.0.attn.qkv', [160, 64]],
    ['keys and values alone', 'blocks.0.attn.kv', [192, 64]],
    ['no attention', 'blocks.0.mixer.in_proj', [192, 64]],
    ['an ordinary layer', 'blocks.0.mlp.fc1', [192, 64]]
  ])('are not made of what may be ordered otherwise: %s', (_, name, shape) => {
    expect(isStackedProjection(fakeLayer(name, 'linear', { weight: shape }))).toBe(false)
    // The same shape under a certain name.
    expect(isStackedProjection(fakeLayer('blocks.0.attn.qkv', 'linear', { weight: [192, 64] }))).toBe(true)
  })

  it('are not made of a convolution', () => {
    const layer = fakeLayer('blocks.0.attn.qkv', 'conv', { weight: [192, 64, 1, 1] })
    expect(unitsIn([layer], 'part', null).map(({ name }) => name)).toEqual(['blocks.0.attn.qkv'])
  })
})

describe('blocks and stages', () => {
  // Blocks and stages of the networks in the scripts that made these fixtures.
  it.each([
    ['golden/model.safetensors', 5, 4],
    ['resnets/bottleneck_torchvision.safetensors', 5, 4],
    ['vit/timm.safetensors', 2, 0],
    ['vit/torchvision.safetensors', 2, 0],
    ['graphs/swin_dynamo.onnx', 2, 1],
    ['convnext/timm.safetensors', 5, 4],
    ['convnext/torchvision.safetensors', 5, 4],
    ['mobilenet/torchvision.safetensors', 17, 7],
    ['vgg/timm.safetensors', 0, 0]
  ])('%s has %i blocks and %i stages', async (file, blocks, stages) => {
    const layers = await layersOf(file)
    for (const [type, count] of [
      ['block', blocks],
      ['stage', stages]
    ] as const) {
      const units = unitsIn(layers, type, null)
      expect(units.filter(({ kind }) => kind === type).length, type).toBe(count)
      expect(hasUnits(layers, type)).toBe(count > 0)
      if (count === 0) {
        expect(units).toEqual([])
        continue
      }
      // Every layer in one unit, none twice, and in the order of the network.
      expect(units.flatMap(({ members }) => members.map(({ layer }) => layer.name)).toSorted()).toEqual(
        layers.map(({ name }) => name).toSorted()
      )
      expect(new Set(units.map(({ name }) => name)).size).toBe(units.length)
      const firsts = units.map(({ members }) => layers.indexOf(members[0]!.layer))
      expect(firsts).toEqual(firsts.toSorted((a, b) => a - b))
      expect(units.reduce((sum, unit) => sum + parametersOf(unit), 0)).toBe(
        layers.reduce((sum, { parameters }) => sum + parameters, 0)
      )
    }
  })

  it('hold everything in them, or the named kinds alone', async () => {
    const layers = await layersOf('golden/model.safetensors')
    const block = (kinds: Parameters<typeof unitsIn>[2]) =>
      unitsIn(layers, 'block', kinds)
        .find(({ name }) => name === 'layer2.0')!
        .members.map(({ layer, rows }) => [layer.name, rows])
    expect(block(null)).toEqual(
      ['conv1', 'bn1', 'conv2', 'bn2', 'conv3', 'bn3', 'downsample.0', 'downsample.1'].map((name) => [
        `layer2.0.${name}`,
        null
      ])
    )
    expect(block(['conv'])).toEqual(
      ['conv1', 'conv2', 'conv3', 'downsample.0'].map((name) => [`layer2.0.${name}`, null])
    )
    expect(names(layers, 'stage')).toEqual(['conv1', 'bn1', 'layer1', 'layer2', 'layer3', 'layer4', 'fc'])
  })
})
