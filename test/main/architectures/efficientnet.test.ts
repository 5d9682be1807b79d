import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inspectCheckpoint } from '../../../src/main/architectures'
import { familyFile, testLayers, testLogits } from '../../support/families'
import { temporaryFolder } from '../../support/folder'

/** A fixture with timm's config.json beside it. */
function withConfig(name: string, architecture: string): string {
  const folder = temporaryFolder()
  const path = join(folder, 'model.safetensors')
  copyFileSync(familyFile('efficientnet', name), path)
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ architecture, num_classes: 5 }))
  return path
}

describe('EfficientNet', () => {
  testLogits('efficientnet', (name) => (name === 'timm_tf' ? { architecture: 'efficientnet:tf' } : {}))
  testLayers('efficientnet', ['timm', 'timm_lite'])

  it('says which it is', async () => {
    const described = async (name: string): Promise<string | null> =>
      (await inspectCheckpoint(familyFile('efficientnet', name))).inspection.architecture
    expect(await described('timm')).toBe('EfficientNet [1, 2, 1, 1, 1, 1, 1]')
    expect(await described('timm_lite')).toBe('EfficientNet-Lite [1, 2, 1, 1, 1, 1, 1]')
  })

  it('warns where neither names nor a config tell PyTorch’s from TensorFlow’s', async () => {
    const codes = async (path: string): Promise<string[]> =>
      (await inspectCheckpoint(path)).inspection.warnings.map(({ code }) => code)
    expect(await codes(familyFile('efficientnet', 'timm'))).toContain('efficientnet-padding')
    expect(await codes(familyFile('efficientnet', 'torchvision'))).not.toContain('efficientnet-padding')
    expect(await codes(withConfig('timm', 'efficientnet_b0'))).not.toContain('efficientnet-padding')
  })

  it('takes timm’s config’s word for TensorFlow’s padding', async () => {
    const { inspection } = await inspectCheckpoint(withConfig('timm_tf', 'tf_efficientnet_b0'))
    expect(inspection.architecture).toContain('TensorFlow’s padding')
    expect(inspection.warnings.map(({ code }) => code)).not.toContain('efficientnet-padding')
  })

  it('refuses models that its config names and that no tensor tells apart', async () => {
    const { inspection } = await inspectCheckpoint(withConfig('timm', 'efficientnet_blur_b0'))
    expect(inspection.error?.code).toBe('ARCHITECTURE_UNKNOWN')
  })
})
