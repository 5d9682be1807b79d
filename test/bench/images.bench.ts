import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { test } from 'vitest'
import { evaluationRequestSchema } from '../../src/shared/contract/evaluation'
import { prepareEvaluation } from '../../src/main/images'
import { temporaryFolder } from '../support/folder'
import { report, seconds } from './report'

const IMAGES = 400

test('preparing JPEG files, against decoding and resizing them with sharp alone', async () => {
  const folder = join(temporaryFolder(), 'images')
  await mkdir(folder)
  const files = await Promise.all(
    Array.from({ length: IMAGES }, async (_, i) => {
      const path = join(folder, `${String(i)}.jpg`)
      const create = { width: 500, height: 375, channels: 3 as const, background: '#888' }
      const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 }
      await sharp({ create: { ...create, noise } })
        .jpeg({ quality: 90 })
        .toFile(path)
      return path
    })
  )
  const alone = async (): Promise<void> => {
    let next = 0
    const worker = async (): Promise<void> => {
      for (let i = next++; i < IMAGES; i = next++) {
        await sharp(files[i])
          .resize(341, 256, { kernel: 'linear', fit: 'fill', fastShrinkOnLoad: false })
          .raw()
          .toBuffer()
      }
    }
    await Promise.all(Array.from({ length: availableParallelism() }, worker))
  }
  const request = evaluationRequestSchema.parse({ path: folder, all: true })
  const ours =
    IMAGES / (await seconds(() => prepareEvaluation(request, { cacheFolder: join(folder, '..', 'cache') })))
  const theirs = IMAGES / (await seconds(alone))
  const again =
    IMAGES / (await seconds(() => prepareEvaluation(request, { cacheFolder: join(folder, '..', 'cache') })))
  report('images', {
    'prepared, images/s': ours,
    'sharp alone, images/s': theirs,
    ratio: ours / theirs,
    'from the cache, images/s': again
  })
})
