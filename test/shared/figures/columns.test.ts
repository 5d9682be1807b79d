import { describe, expect, it } from 'vitest'
import type { LayerInfo } from '@shared/contract/model'
import { unitColumns } from '@shared/figures/heatmap/columns'

const layer = (name: string, part: Partial<LayerInfo>): LayerInfo => ({
  name,
  kind: 'linear',
  shape: [64, 64],
  parameters: 4160,
  macs: null,
  downstream: null,
  stage: null,
  block: null,
  ...part
})
/** One block of a plain ViT. */
const VIT = [
  layer('patch_embed.proj', { kind: 'conv', shape: [64, 3, 4, 4] }),
  layer('blocks.0.norm1', { kind: 'norm', shape: [64], block: 'blocks.0' }),
  layer('blocks.0.attn.qkv', { shape: [192, 64], block: 'blocks.0' }),
  layer('blocks.0.attn.proj', { block: 'blocks.0' }),
  layer('head', { shape: [10, 64] })
]

describe('unitColumns', () => {
  it('are the layers, of every kind, with their stages', () => {
    expect(unitColumns(VIT, 'layer')).toEqual(VIT.map(({ name, kind }) => ({ name, kind, stage: null })))
    const staged = VIT.map((other) => ({ ...other, stage: 's1' }))
    expect(unitColumns(staged, 'layer').every(({ stage }) => stage === 's1')).toBe(true)
  })

  it('are queries, keys and values apart', () => {
    expect(unitColumns(VIT, 'part').map(({ name }) => name)).toEqual([
      'patch_embed.proj',
      'blocks.0.norm1',
      'blocks.0.attn.qkv.q',
      'blocks.0.attn.qkv.k',
      'blocks.0.attn.qkv.v',
      'blocks.0.attn.proj',
      'head'
    ])
  })

  it('are blocks with what stands beside them, and none where there are no stages', () => {
    expect(unitColumns(VIT, 'block').map(({ name, kind }) => [name, kind])).toEqual([
      ['patch_embed.proj', 'conv'],
      ['blocks.0', 'block'],
      ['head', 'linear']
    ])
    expect(unitColumns(VIT, 'stage')).toEqual([])
  })
})
