/** From a PyTorch file to PyTorch's logits. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inspectCheckpoint } from '../../../../src/main/architectures'
import { predict } from '../../../../src/main/engine/predict'
import { temporaryFolder } from '../../../support/folder'
import { golden, goldenImages, normalization } from '../../../support/golden'
import { readNpy } from '../../../support/npy'

it.each([
  ['model_legacy.pth', [], []],
  ['model_dataparallel.pth.tar', ['state_dict'], ['module.']]
])('%s is unwrapped step by step and gives the reference logits', async (name, unwrapped, prefixes) => {
  const { inspection } = await inspectCheckpoint(golden(name))
  expect(inspection.error).toBeUndefined()
  expect(inspection).toMatchObject({
    format: 'pytorch',
    unwrapped,
    prefixes,
    classes: 10,
    missing: [],
    unexpected: []
  })

  const output = join(temporaryFolder(), 'logits.npy')
  const model = { path: golden(name), options: {}, normalization }
  await predict({ model, images: goldenImages(), execution: { batch: 100, threads: 1 }, output })
  const expected = readNpy(golden('original_logits.npy')).data
  const worst = (readNpy(output).data as Float32Array).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - Number(expected[i]))),
    0
  )
  expect(worst).toBeLessThan(1e-4)
})
