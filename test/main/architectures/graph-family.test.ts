/** Families as the names of exported networks tell them: test/fixtures/graphs. */
import { expect, it } from 'vitest'
import { inspectCheckpoint } from '../../../src/main/architectures'
import { exportedFile, exportedNetworks } from '../../support/exported'
import { golden } from '../../support/golden'

const FAMILIES: Readonly<Record<string, string>> = {
  vit: 'vit',
  torchvision_vit: 'vit',
  convnext: 'convnext',
  torchvision_convnext: 'convnext'
}

it.each(exportedNetworks.map(({ file }) => file))('%s', async (file) => {
  const { inspection } = await inspectCheckpoint(exportedFile(file))
  const network = file.replace(/_(script|dynamo|preserve)\d*\.onnx$/, '')
  expect(inspection.family).toBe(FAMILIES[network] ?? null)
  expect(inspection.error).toBeUndefined()
  // Every family and every free parameter is listed with what is known of it.
  expect(inspection.layers.length).toBeGreaterThan(3)
})

it('a ResNet is one', async () => {
  const { inspection } = await inspectCheckpoint(golden('model_folded.onnx'))
  expect(inspection.family).toBe('resnet')
})
