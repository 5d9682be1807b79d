/** Networks that take blue first, against PyTorch: test/fixtures/make_loading.py. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { accuracyOf } from '@shared/statistics'
import { predict } from '../../../src/main/engine/predict'
import { colourImages, colourLabels, colours, readings } from '../../support/colours'
import { temporaryFolder } from '../../support/folder'
import { goldenRequest } from '../../support/golden'
import { measureAll } from '../../support/measure'
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
  const { original } = await measureAll({
    ...goldenRequest({ model, execution }),
    images: colourImages(),
    labels: colourLabels,
    tasks: [{ unit: 'fc', trial: 0, from: 0, to: colourImages().count }]
  })
  expect(original.top1).toBe(top1)

  const output = join(temporaryFolder(), 'logits.npy')
  const { classes } = await predict({ model, images: colourImages(), execution, output })
  expect(accuracyOf(readNpy(output).data as Float32Array, classes, colourLabels).top1).toBe(top1)
  expect.assertions(2)
})
