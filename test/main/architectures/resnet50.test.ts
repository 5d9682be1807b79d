import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadClassifier } from '../../../src/main/architectures'
import { temporaryFolder } from '../../support/folder'
import { writeResnet50 } from '../../support/resnet50'

it('counts layers, parameters and multiply–adds of a ResNet-50 as torchvision does', async () => {
  const { inspection } = await loadClassifier(writeResnet50(join(temporaryFolder(), 'resnet50.safetensors')))
  const { layers } = inspection
  expect(inspection.architecture).toBe('ResNet Bottleneck [3, 4, 6, 3]')
  expect(inspection.classes).toBe(1000)
  const weighted = layers.filter(({ kind }) => kind !== 'norm')
  const norms = layers.filter(({ kind }) => kind === 'norm')
  expect(weighted.length).toBe(54)
  expect(norms.length).toBe(53)
  // torchvision, ResNet50_Weights.IMAGENET1K_V1.meta: num_params 25557032. Running means and variances are no
  // parameters there.
  expect(inspection.parameters).toBe(25_557_032)
  // The same meta data: _ops 4.089 (GFLOPs, a multiply–add counted once) at 224 × 224.
  const macs = weighted.reduce((sum, layer) => sum + layer.macs!, 0)
  expect(Math.abs(macs / 4.089e9 - 1)).toBeLessThan(0.005)
  expect(layers.find(({ name }) => name === 'fc')!.macs).toBe(2048 * 1000)
})
