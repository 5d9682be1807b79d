import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inspectCheckpoint, loadClassifier } from '../../../src/main/architectures'
import { layoutOf } from '../../../src/main/architectures/convnext/layout'
import { modulesOf } from '../../../src/main/architectures/modules'
import { familyEntries, familyFile, testLayers, testLogits } from '../../support/families'
import { temporaryFolder } from '../../support/folder'

/** A fixture with one text in its header replaced by another that is as long. */
function renamed(name: string, before: string, after: string): string {
  expect(after).toHaveLength(before.length)
  const text = readFileSync(familyFile('convnext', name), 'latin1')
  expect(text).toContain(before)
  const path = join(temporaryFolder(), 'renamed.safetensors')
  writeFileSync(path, text.replace(before, after), 'latin1')
  return path
}

describe('ConvNeXt', () => {
  testLogits('convnext')
  testLayers(
    'convnext',
    familyEntries('convnext')
      .map(({ name }) => name)
      .filter((name) => name.startsWith('timm')),
    (tensor) => {
      if (tensor.endsWith('.gamma')) return [tensor, 'scale']
      return tensor.endsWith('.grn.weight') ? [tensor.replace('.weight', ''), 'scale'] : null
    }
  )

  it('says which it is', async () => {
    const described = async (name: string): Promise<string | null> =>
      (await inspectCheckpoint(familyFile('convnext', name))).inspection.architecture
    expect(await described('timm')).toBe('ConvNeXt [1, 2, 1, 1]')
    expect(await described('hugging_face_v2')).toBe('ConvNeXt V2 [1, 2, 1, 1]')
    expect(await described('timm_overlap')).toBe('ConvNeXt [1, 2, 1, 1], overlapping stem')
    expect(await described('timm_norm_first')).toBe('ConvNeXt [1, 2, 1, 1], norm before pooling')
  })

  it('lists layers of dialects by timm’s names', async () => {
    const { layers } = await loadClassifier(familyFile('convnext', 'facebook'))
    const own = await loadClassifier(familyFile('convnext', 'timm'))
    expect(layers.map(({ name, kind, shape }) => ({ name, kind, shape }))).toEqual(
      own.layers.map(({ name, kind, shape }) => ({ name, kind, shape }))
    )
  })

  it('refuses a block that lacks its LayerScale', async () => {
    const path = renamed('timm', '"stages.1.blocks.1.gamma"', '"stages.1.blocks.1.gammb"')
    const { inspection } = await inspectCheckpoint(path)
    expect(inspection.error?.code).toBe('TENSORS_MISSING')
    expect(inspection.missing).toEqual(['stages.1.blocks.1.gamma'])
  })

  it('refuses norms without a bias by name', async () => {
    const path = renamed('timm', '"stages.0.blocks.0.norm.bias"', '"stages.0.blocks.0.norm.bees"')
    const { inspection } = await inspectCheckpoint(path)
    expect(inspection.error?.message).toContain('RMS norm')
  })

  // timm 1.0.29: convnext_xxlarge's norm_eps; transformers 5.18.0: layer_norm_eps is the last norm's alone.
  it('gives norms the ε of the code that names them so', () => {
    const shapesOf = (depths: readonly number[], width: number): Map<string, number[]> =>
      new Map(
        depths.flatMap((depth, stage) =>
          Array.from({ length: depth }, (_, block): [string, number[]] => [
            `stages.${String(stage)}.blocks.${String(block)}.conv_dw.weight`,
            [width * 2 ** stage, 1, 7, 7]
          ])
        )
      )
    const epsilons = (shapes: Map<string, number[]>, hints: object): readonly (number | undefined)[] => {
      const model = layoutOf(shapes, modulesOf(shapes), { config: null, ...hints })
      return [model?.epsilon, model?.lastEpsilon]
    }
    const large = shapesOf([3, 3, 27, 3], 384)
    expect(epsilons(large, {})).toEqual([1e-6, 1e-6])
    expect(epsilons(large, { epsilon: 1e-5 })).toEqual([1e-5, 1e-5])
    expect(epsilons(large, { epsilon: 1e-12, naming: 'hugging-face' })).toEqual([1e-6, 1e-12])
    expect(epsilons(shapesOf([3, 4, 30, 3], 384), {})).toEqual([1e-5, 1e-5])
  })

  // timm's test_convnext: an approximate GELU and another ε, which no tensor tells.
  it('does not know timm’s test models', () => {
    const shapes = new Map(
      [24, 32, 48, 64].flatMap((width, stage) =>
        Array.from({ length: [1, 2, 4, 2][stage]! }, (_, block): [string, number[]] => [
          `stages.${String(stage)}.blocks.${String(block)}.conv_dw.weight`,
          [width, 1, 7, 7]
        ])
      )
    )
    expect(layoutOf(shapes, modulesOf(shapes), { config: null })).toBeNull()
  })
})
