/** Networks that take blue first, against PyTorch: test/fixtures/make_loading.py. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { accuracyOf } from '@shared/statistics'
import { measure } from '../../../src/main/engine/measure'
import { predict } from '../../../src/main/engine/predict'
import { colourImages, colourLabels, colours, readings } from '../../support/colours'
import { temporaryFolder } from '../../support/folder'
import { readNpy } from '../../support/npy'

it.each([
  ['bgr' as const, readings['as trained']],
  ['rgb' as const, readings['red first']],
  [undefined, readings['red first']]
])('with %s as the order of colours', async (channels, { mean, std, top1 }) => {
  const model = {
    path: colours('colours.safetensors'),
    options: { channels },
    normalization: { mean, std, source: 'user' as const }
  }
  const execution = { batch: 24, threads: 1 }
  const events = measure({
    model,
    images: colourImages(),
    labels: colourLabels,
    perturbation: { kind: 'zero' },
    seed: 0,
    units: [],
    execution
  })
  for await (const event of events) if (event.type === 'original') expect(event.top1).toBe(top1)

  const output = join(temporaryFolder(), 'logits.npy')
  const { classes } = await predict({ model, images: colourImages(), execution, output })
  expect(accuracyOf(readNpy(output).data as Float32Array, classes, colourLabels).top1).toBe(top1)
  expect.assertions(2)
})
