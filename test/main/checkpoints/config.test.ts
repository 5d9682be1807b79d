/** Config files that timm and transformers wrote, and what those make of them. */
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCheckpoint, type ModelConfig } from '../../../src/main/checkpoints'
import { golden } from '../../support/golden'
import { float32Tensor, tensorBytes } from '../../support/safetensors'
import { checkpoints, folderOf, madeJson } from './fixtures'

interface Known {
  readonly folder: string
  readonly files: readonly string[]
  readonly architecture: string | null
  readonly classes: number | null
  readonly mean: readonly number[] | null
  readonly std: readonly number[] | null
  readonly inputSize: number | null
  readonly cropFraction: number | null
  readonly interpolation: string | null
  readonly heads: number | null
  readonly epsilon: number | null
}

const weights = tensorBytes(new Map([['a', float32Tensor([1], [1])]]))

async function configOf(folder: string, name = 'model.safetensors'): Promise<ModelConfig | null> {
  const checkpoint = await openCheckpoint(join(folder, name))
  await checkpoint.close()
  expect(checkpoint.files.map((file) => basename(file))).toEqual([name])
  return checkpoint.config
}

describe.each(madeJson('configs.json') as readonly Known[])('$folder', (known) => {
  it('says what its library makes of it', async () => {
    const folder = folderOf({ 'model.safetensors': weights })
    for (const file of readdirSync(checkpoints(`configs/${known.folder}`))) {
      copyFileSync(checkpoints(`configs/${known.folder}/${file}`), join(folder, file))
    }
    const config = (await configOf(folder))!
    expect(config.files).toEqual(known.files.map((file) => join(folder, file)))
    const { architecture, classes, heads, epsilon } = config
    expect({ architecture, classes, heads, epsilon }).toEqual({
      architecture: known.architecture,
      classes: known.classes,
      heads: known.heads,
      epsilon: known.epsilon
    })
    expect(config.preprocessing).toEqual({
      inputSize: known.inputSize,
      cropFraction: known.cropFraction,
      interpolation: known.interpolation
    })
    expect(config.normalization === null).toBe(known.mean === null)
    for (const part of ['mean', 'std'] as const) {
      // The library's own are solved from pixels in float32.
      known[part]?.forEach((value, i) => expect(config.normalization?.[part][i]).toBeCloseTo(value, 6))
    }
  })
})

describe('a config', () => {
  it('of the file’s own name comes before that of the folder', async () => {
    const folder = folderOf({
      'model.safetensors': weights,
      'model.json': JSON.stringify({ architecture: 'vit_small_patch16_224', num_classes: 3 }),
      'config.json': JSON.stringify({
        architecture: 'resnet50',
        num_classes: 9,
        mean: [0, 0, 0],
        std: [1, 1, 1]
      })
    })
    expect(await configOf(folder)).toMatchObject({
      architecture: 'vit_small_patch16_224',
      classes: 3,
      normalization: null,
      files: [join(folder, 'model.json')]
    })
  })

  it('of timm’s first versions is flat', async () => {
    const config = {
      architecture: 'resnet50',
      num_classes: 12,
      input_size: [3, 160, 160],
      mean: [0.1, 0.2, 0.3],
      std: [0.4, 0.5, 0.6],
      crop_pct: 0.95,
      interpolation: 'bicubic'
    }
    const folder = folderOf({ 'model.safetensors': weights, 'config.json': JSON.stringify(config) })
    expect(await configOf(folder)).toEqual({
      files: [join(folder, 'config.json')],
      architecture: 'resnet50',
      classes: 12,
      normalization: { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] },
      preprocessing: { inputSize: 160, cropFraction: 0.95, interpolation: 'bicubic' },
      heads: null,
      epsilon: null,
      activation: null,
      pooling: null,
      stride: null
    })
  })

  it('lies beside a sharded checkpoint', async () => {
    const checkpoint = await openCheckpoint(checkpoints('sharded/model.safetensors.index.json'))
    expect(checkpoint.config).toMatchObject({
      architecture: 'ViTForImageClassification',
      classes: 5,
      heads: 2,
      epsilon: 1e-6,
      preprocessing: { inputSize: 8, cropFraction: 1, interpolation: 'bicubic' }
    })
    expect(checkpoint.files.some((file) => /config/.test(file))).toBe(false)
    await checkpoint.close()
  })

  it('lies beside an ONNX file', async () => {
    const folder = folderOf({
      'preprocessor_config.json': JSON.stringify({
        do_resize: false,
        image_mean: [0, 0, 0],
        image_std: [1, 1, 1]
      })
    })
    copyFileSync(golden('model.onnx'), join(folder, 'model.onnx'))
    expect(await configOf(folder, 'model.onnx')).toMatchObject({
      normalization: { mean: [0, 0, 0], std: [1, 1, 1] },
      preprocessing: { inputSize: null, cropFraction: null }
    })
  })

  it.each<[string, string]>([
    ['broken', '{"architecture": "resnet50"'],
    ['of something else', '{"learning_rate": 0.1, "epochs": 90}'],
    ['a list', '["architecture"]'],
    ['a number', '5'],
    ['empty', ''],
    ['larger than a megabyte', JSON.stringify({ architecture: 'resnet50', x: 'y'.repeat(2 ** 20) })],
    ['nested without end', `{"architecture": ${'['.repeat(500_000)}${']'.repeat(500_000)}}`],
    ['of odd types', '{"architecture": 7, "architectures": "x", "model_type": {}}']
  ])('that is %s is ignored', async (_, text) => {
    const files = { 'config.json': text, 'preprocessor_config.json': text, 'model.json': text }
    expect(await configOf(folderOf({ 'model.safetensors': weights, ...files }))).toBeNull()
  })

  it('that is a folder is ignored', async () => {
    const folder = folderOf({ 'model.safetensors': weights })
    mkdirSync(join(folder, 'config.json'))
    expect(await configOf(folder)).toBeNull()
  })

  it.each<[string, Record<string, unknown>]>([
    ['mean without std', { mean: [0.5, 0.5, 0.5] }],
    ['two channels', { mean: [0.5, 0.5], std: [0.5, 0.5] }],
    ['a std of 0', { mean: [0, 0, 0], std: [1, 0, 1] }],
    ['text', { mean: ['0', '0', '0'], std: [1, 1, 1] }],
    ['names of prototypes', { __proto__x: 1, constructor: 5, toString: null }]
  ])('with %s says nothing of normalisation', async (_, part) => {
    const text = JSON.stringify({ architecture: 'resnet50', num_classes: -4, ...part })
    const folder = folderOf({ 'model.safetensors': weights, 'config.json': text })
    expect(await configOf(folder)).toMatchObject({ normalization: null, classes: null })
  })

  it('of another rescaling is that of pixels from 0 to 1', async () => {
    // transformers' EfficientNet: x · 255 · (1 / 127.5) − 1, then (x − 0.5) / 0.5.
    const config = {
      do_resize: true,
      rescale_factor: 1 / 127.5,
      rescale_offset: true,
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5]
    }
    const folder = folderOf({
      'model.safetensors': weights,
      'preprocessor_config.json': JSON.stringify(config)
    })
    const { mean, std } = (await configOf(folder))!.normalization!
    const pixel = 0.8
    expect((pixel - mean[0]!) / std[0]!).toBeCloseTo((pixel * 2 - 1 - 0.5) / 0.5, 12)
  })

  it('does not change what the file is', async () => {
    const folder = folderOf({ 'model.safetensors': weights })
    const before = await configOf(folder)
    writeFileSync(join(folder, 'config.json'), '{"architecture": "resnet50"}')
    expect(before).toBeNull()
    expect((await configOf(folder))?.architecture).toBe('resnet50')
  })
})
