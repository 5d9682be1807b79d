import { describe, expect, it } from 'vitest'
import { loadClassifier } from '../../../src/main/architectures'
import { openImages } from '../../../src/main/engine/images'
import { precisionError, PRECISION_IMAGES } from '../../../src/main/engine/precision'
import { golden, goldenImages, normalization } from '../../support/golden'

async function errorOf(file: string, precision: 'float32' | 'float16') {
  const { model, signature } = await loadClassifier(golden(file))
  const images = await openImages(goldenImages(), normalization)
  try {
    const execution = { batch: 16, threads: 1 }
    return await precisionError({ model, signature, images, height: 32, width: 32, execution }, precision)
  } finally {
    await images.close()
  }
}

describe('error of the golden model', () => {
  it('is 0 in float32', async () => {
    expect(await errorOf('model.safetensors', 'float32')).toEqual({
      images: PRECISION_IMAGES,
      cosineDistance: 0,
      logitDifference: 0,
      saturated: 0,
      flushed: 0
    })
  })

  it.each(['model.safetensors', 'model.onnx', 'model_dynamo.onnx'])(
    'of %s in float16 is small, and seen',
    async (file) => {
      const { cosineDistance, logitDifference } = await errorOf(file, 'float16')
      expect(logitDifference).toBeGreaterThan(0)
      // Of logits up to 28: a number of float16 is within 5e-4 of the one it stands for.
      expect(logitDifference / 28).toBeLessThan(2e-3)
      expect(cosineDistance).toBeGreaterThan(0)
      expect(cosineDistance).toBeLessThan(1e-5)
    }
  )
})
