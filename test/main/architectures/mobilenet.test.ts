import { describe, expect, it } from 'vitest'
import { inspectCheckpoint } from '../../../src/main/architectures'
import { familyFile, testLayers, testLogits } from '../../support/families'

describe('MobileNetV2', () => {
  testLogits('mobilenet')
  testLayers('mobilenet', ['timm'])

  it('says which it is', async () => {
    const described = async (name: string): Promise<string | null> =>
      (await inspectCheckpoint(familyFile('mobilenet', name))).inspection.architecture
    expect(await described('timm')).toBe('MobileNetV2 [1, 2, 1, 2, 2, 1, 1]')
    expect(await described('torchvision')).toBe('MobileNetV2 [1, 2, 3, 4, 3, 3, 1]')
  })
})
