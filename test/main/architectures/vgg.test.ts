import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inspectCheckpoint } from '../../../src/main/architectures'
import { familyEntries, familyFile, testLayers, testLogits } from '../../support/families'
import { temporaryFolder } from '../../support/folder'

describe('VGG', () => {
  testLogits('vgg')
  testLayers(
    'vgg',
    familyEntries('vgg').map(({ name }) => name)
  )

  it('says which it is', async () => {
    const described = async (name: string): Promise<string | null> =>
      (await inspectCheckpoint(familyFile('vgg', name))).inspection.architecture
    expect(await described('torchvision')).toBe('VGG of 11 layers')
    expect(await described('torchvision_norm')).toBe('VGG of 16 layers, batch norm')
    expect(await described('timm_norm')).toBe('VGG of 11 layers, batch norm')
    expect(await described('cifar_single')).toBe('VGG of 14 layers, batch norm, 32 × 32 pixels')
  })

  // Dropout after a ReLU takes a place as max-pooling does: then the places do not tell where the poolings are.
  it('refuses a sequence with more room than five poolings take', async () => {
    const text = readFileSync(familyFile('vgg', 'torchvision'), 'latin1')
    const path = join(temporaryFolder(), 'dropout.safetensors')
    writeFileSync(path, text.replaceAll('"features.18.', '"features.19.'), 'latin1')
    const { inspection } = await inspectCheckpoint(path)
    expect(inspection.error?.code).toBe('ARCHITECTURE_UNKNOWN')
  })
})
