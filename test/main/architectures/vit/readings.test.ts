/** What tensors do not tell, and what is refused: tiny networks of test/fixtures/vit, changed. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Inspection, ModelOptions } from '@shared/contract/model'
import { inspectCheckpoint } from '../../../../src/main/architectures'
import { vit } from '../../../../src/main/architectures/vit'
import { temporaryFolder } from '../../../support/folder'
import { floatImages, largestDifference, logitsOf } from '../../../support/forward'
import { fixture } from '../../../support/golden'
import {
  float32Tensor,
  readTensors,
  renamed,
  writeTensors,
  type RawTensor
} from '../../../support/safetensors'

const file = (name: string): string => fixture(`vit/${name}.safetensors`)
const images = floatImages(fixture('vit/input.npy'))
const tensorsOf = (name: string): Map<string, RawTensor> => readTensors(file(name))

const written = (tensors: ReadonlyMap<string, RawTensor>, config?: object): string => {
  const path = writeTensors(join(temporaryFolder(), 'model.safetensors'), tensors)
  if (config !== undefined) writeFileSync(join(dirname(path), 'config.json'), JSON.stringify(config))
  return path
}

const inspected = async (
  tensors: ReadonlyMap<string, RawTensor>,
  options: ModelOptions = { heads: 3 }
): Promise<Inspection> => (await inspectCheckpoint(written(tensors), options)).inspection

/** The network is another: the logits of the same tensors differ. */
const differ = async (path: string, a: ModelOptions, b: ModelOptions): Promise<number> =>
  largestDifference(await logitsOf(path, images, a), await logitsOf(path, images, b))

describe('attention heads', () => {
  /** Shapes alone: a network of that size need not exist. */
  const headsOf = (width: number, depth: number): unknown => {
    const shapes = new Map<string, number[]>([
      ['patch_embed.proj.weight', [width, 3, 14, 14]],
      ['cls_token', [1, 1, width]],
      ['pos_embed', [1, 257, width]],
      [`blocks.${String(depth - 1)}.norm1.weight`, [width]],
      ['blocks.0.attn.qkv.weight', [3 * width, width]]
    ])
    // A block more than there are names is none: as many names as blocks are needed.
    for (let i = 0; i < depth; i++) shapes.set(`blocks.${String(i)}.norm2.weight`, [width])
    return vit.recognise(shapes, { config: null })?.heads
  }

  // timm's vit_tiny, vit_small, vit_base, vit_large; vit_huge, vit_giant, vit_gigantic, vit_so400m_patch14.
  it.each([
    [192, 12, 3],
    [384, 12, 6],
    [768, 12, 12],
    [1024, 24, 16],
    [1280, 32, 16],
    [1408, 40, 16],
    [1664, 48, 16],
    [1152, 27, 16]
  ])('of a width of %i and a depth of %i are taken to be %i', (width, depth, heads) => {
    expect(headsOf(width, depth)).toBe(heads)
  })

  it('are assumed with a warning that names --heads', async () => {
    const { inspection } = await inspectCheckpoint(file('timm'))
    const warning = inspection.warnings.find(({ code }) => code === 'heads-assumed')
    expect(warning?.message).toContain('--heads')
    expect(inspection.heads).toBe(1)
  })

  it('change the logits: a wrong number is no small error', async () => {
    expect(await differ(file('timm'), { heads: 3 }, { heads: 4 })).toBeGreaterThan(0.01)
  })

  it.each([5, 48, 7])('%i, which do not divide the width, are refused with those that do', async (heads) => {
    const { inspection, classifier } = await inspectCheckpoint(file('timm'), { heads })
    expect(classifier).toBeNull()
    expect(inspection.error?.code).toBe('OPTION_INVALID')
    expect(inspection.error?.message).toContain(String(heads))
    expect(inspection.error?.fix).toContain('1, 2, 3, 4, 6, 8, 12, 24')
  })

  it('come from a config beside the file, without a warning', async () => {
    const config = { architectures: ['ViTForImageClassification'], model_type: 'vit', num_attention_heads: 3 }
    const { inspection } = await inspectCheckpoint(written(tensorsOf('hf_vit'), config))
    expect(inspection.heads).toBe(3)
    expect(inspection.warnings.map(({ code }) => code)).not.toContain('heads-assumed')
  })
})

describe('what the user can choose', () => {
  it('is the activation, and the pooling where there is a class token', async () => {
    const { inspection } = await inspectCheckpoint(file('timm'), { heads: 3 })
    expect(inspection.architectureChoices).toEqual(['vit:class-token', 'vit:average', 'vit:quick-gelu'])
    const registers = await inspectCheckpoint(file('timm_registers_average'))
    expect(registers.inspection.architectureChoices).toEqual(['vit:average', 'vit:quick-gelu'])
  })

  it.each(['vit:average', 'vit:quick-gelu'])(
    '%s makes another network of the same tensors',
    async (architecture) => {
      expect(await differ(file('timm'), { heads: 3 }, { heads: 3, architecture })).toBeGreaterThan(0.001)
    }
  )

  it('is asked for where a norm stands before the blocks', async () => {
    const plain = await inspectCheckpoint(file('timm_clip'), { heads: 3 })
    expect(plain.inspection.warnings.map(({ code }) => code)).toContain('activation-assumed')
    const chosen = await inspectCheckpoint(file('timm_clip'), { heads: 3, architecture: 'vit:quick-gelu' })
    expect(chosen.inspection.warnings.map(({ code }) => code)).not.toContain('activation-assumed')
  })
})

describe('other names of the same network', () => {
  const same = async (path: string, name: string, options: ModelOptions = { heads: 3 }): Promise<void> => {
    const logits = await logitsOf(path, images, options)
    expect(largestDifference(logits, await logitsOf(file(name), images, options))).toBe(0)
  }

  it('DeiT III: gamma_1 for ls1.gamma', async () => {
    const path = written(
      renamed(tensorsOf('timm_deit3'), (name) => name.replace(/\.ls([12])\.gamma$/, '.gamma_$1'))
    )
    const { inspection } = await inspectCheckpoint(path, { heads: 3 })
    expect(inspection.layers.map(({ name }) => name)).toContain('blocks.1.ls2')
    await same(path, 'timm_deit3')
  })

  it('torchvision before 0.13: linear_1 and linear_2', async () => {
    const path = written(
      renamed(tensorsOf('torchvision'), (name) =>
        name.replace('.mlp.0.', '.mlp.linear_1.').replace('.mlp.3.', '.mlp.linear_2.')
      )
    )
    await same(path, 'torchvision', { heads: 3 })
  })

  it.each(['module.', 'model.', 'module.backbone.'])('below %s', async (prefix) => {
    const path = written(renamed(tensorsOf('timm_average'), (name) => prefix + name))
    await same(path, 'timm_average')
  })

  it('Hugging Face without the prefix of the model, its pooler left out', async () => {
    const tensors = renamed(tensorsOf('hf_vit'), (name) => name.replace(/^vit\./, ''))
    tensors.set('pooler.dense.weight', float32Tensor([24, 24], new Float32Array(576)))
    const path = written(tensors)
    const { inspection } = await inspectCheckpoint(path, { heads: 3 })
    expect(inspection.steps.map(({ kind, names }) => [kind, names.length])).toEqual(
      expect.arrayContaining([
        ['merge', 12],
        ['drop', 1]
      ])
    )
    await same(path, 'hf_vit', { heads: 3 })
  })

  it('a mask token of pre-training changes nothing', async () => {
    const tensors = tensorsOf('timm_deit3')
    tensors.set('mask_token', float32Tensor([1, 12], new Float32Array(12)))
    const path = written(tensors)
    const { inspection } = await inspectCheckpoint(path, { heads: 3 })
    expect(inspection.error).toBeUndefined()
    await same(path, 'timm_deit3')
  })
})

describe('what is missing or too much', () => {
  it.each([
    'blocks.1.attn.qkv.bias',
    'blocks.0.norm2.bias',
    'blocks.1.mlp.fc2.weight',
    'pos_embed',
    'patch_embed.proj.bias',
    'norm.weight',
    'blocks.1.ls1.gamma'
  ])('%s is missed', async (name) => {
    const tensors = tensorsOf('timm_deit3')
    expect(tensors.delete(name)).toBe(true)
    const { error, missing } = await inspected(tensors)
    expect(error?.code).toBe('TENSORS_MISSING')
    expect(missing).toEqual([name])
  })

  it('half of a matrix of queries, keys and values is none', async () => {
    const tensors = tensorsOf('hf_vit')
    tensors.delete('vit.encoder.layer.1.attention.attention.key.bias')
    const { error, missing } = await inspected(tensors, { heads: 3 })
    expect(error?.code).toBe('TENSORS_MISSING')
    expect(missing).toEqual(['blocks.1.attn.qkv.bias'])
  })

  it('a network without its classifier is recognised as one', async () => {
    const tensors = tensorsOf('timm')
    tensors.delete('head.weight')
    tensors.delete('head.bias')
    const { error, head } = await inspected(tensors, { heads: 3 })
    expect(error?.code).toBe('CLASSIFIER_MISSING')
    expect(head).toEqual({ features: 24 })
  })

  it('positions that are no square are refused with the shape that was found', async () => {
    const tensors = tensorsOf('timm')
    tensors.set('pos_embed', float32Tensor([1, 13, 24], new Float32Array(13 * 24)))
    const { error } = await inspected(tensors, { heads: 3 })
    expect(error?.code).toBe('TENSOR_SHAPE')
    expect(error?.message).toContain('[1, 13, 24]')
  })

  it.each([
    ['blocks.0.attn.relative_position_bias_table', 'relative positions'],
    ['blocks.0.attn.q_bias', 'BEiT'],
    ['attn_pool.latent', 'attention pooling'],
    ['pre_logits.fc.weight', 'representation layer'],
    ['rope.periods', 'rotary positions']
  ])('%s makes it a relative, which is refused by name', async (name, what) => {
    const tensors = tensorsOf('timm')
    tensors.set(name, float32Tensor([4], [0, 0, 0, 0]))
    const { error } = await inspected(tensors, { heads: 3 })
    expect(error?.code).toBe('TENSORS_UNEXPECTED')
    expect(error?.message).toContain(what)
  })

  it('a config of a network with the same tensors is believed, unless the user chooses', async () => {
    const path = written(tensorsOf('timm'), { architecture: 'vit_base_patch16_rpn_224', num_classes: 5 })
    const { inspection } = await inspectCheckpoint(path, { heads: 3 })
    expect(inspection.error?.code).toBe('ARCHITECTURE_UNKNOWN')
    expect(inspection.error?.message).toContain('norms behind attention and MLP')
    const chosen = await inspectCheckpoint(path, { heads: 3, architecture: 'vit:class-token' })
    expect(chosen.inspection.error).toBeUndefined()
  })
})

describe('networks of other families are none of these', () => {
  const shapesOf = (names: readonly string[]): Map<string, number[]> =>
    new Map(names.map((name) => [name, name === 'patch_embed.proj.weight' ? [96, 3, 4, 4] : [96]]))

  // Names by timm 1.0.29: swin_tiny_patch4_window7_224, mixer_b16_224, convnext_tiny, resnet50.
  it.each([
    [
      'Swin',
      ['patch_embed.proj.weight', 'layers.0.blocks.0.attn.qkv.weight', 'layers.0.blocks.0.norm1.weight']
    ],
    ['MLP-Mixer', ['stem.proj.weight', 'blocks.0.mlp_tokens.fc1.weight', 'blocks.0.norm1.weight']],
    ['ConvNeXt', ['stem.0.weight', 'stages.0.blocks.0.conv_dw.weight', 'stages.0.blocks.0.mlp.fc1.weight']],
    ['ResNet', ['conv1.weight', 'layer1.0.conv1.weight', 'fc.weight']]
  ])('%s', (_, names) => {
    expect(vit.recognise(shapesOf(names), { config: null })).toBeNull()
  })
})
