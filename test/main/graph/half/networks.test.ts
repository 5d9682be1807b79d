/** Every family and every exported graph in float16 against PyTorch's logits in float32. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadClassifier } from '../../../../src/main/architectures'
import { usesHalf, toHalf } from '../../../../src/main/graph'
import type { ModelOptions } from '../../../../src/shared/contract/model'
import { exportedFile, exportedNetworks, imagesOf } from '../../../support/exported'
import { familyEntries, familyFile, logitsOfEntry } from '../../../support/families'
import { floatImages, largestDifference, logitsOf, run } from '../../../support/forward'
import { fixture } from '../../../support/golden'
import { readNpy } from '../../../support/npy'

/**
 * Of the largest logit. A number of float16 is within 2⁻¹¹ = 5e-4 of the one it stands for; some twenty layers add up
 * such errors. (PyTorch's own half precision differs as much from its float32.)
 */
const TOLERANCE = 1e-2

const HALF = { precision: 'float16' } as const

function expectClose(logits: ArrayLike<number>, reference: ArrayLike<number>): void {
  const largest = Math.max(...Array.from(reference, Math.abs))
  expect(largestDifference(logits, reference) / largest).toBeLessThan(TOLERANCE)
}

const json = <T>(name: string): T => JSON.parse(readFileSync(fixture(name), 'utf8')) as T

describe.each(['convnext', 'efficientnet', 'mobilenet', 'vgg'])('%s', (family) => {
  it.each(familyEntries(family))('$name', async ({ name, size }) => {
    const options = name === 'timm_tf' ? { architecture: 'efficientnet:tf' } : {}
    const logits = await logitsOfEntry(familyFile(family, name), size, options, HALF)
    expectClose(logits, readNpy(fixture(`${family}/${name}_logits.npy`)).data)
  })
})

describe('resnet', () => {
  const { models } = json<{ models: { file: string; input: string; logits: string }[] }>('resnets/index.json')
  it.each(models)('$file', async ({ file, input, logits: expected }) => {
    const logits = await logitsOf(
      fixture(`resnets/${file}`),
      floatImages(fixture(`resnets/${input}`)),
      {},
      HALF
    )
    expectClose(logits, readNpy(fixture(`resnets/${expected}`)).data)
  })
})

describe('vit', () => {
  const { models } = json<{ models: { name: string; options: ModelOptions }[] }>('vit/index.json')
  const reference = readNpy(fixture('vit/logits.npy')).data as Float32Array
  const classes = 5
  it.each(models.map((entry, i) => ({ ...entry, i })))('$name', async ({ name, options, i }) => {
    const images = floatImages(fixture('vit/input.npy'))
    const logits = await logitsOf(fixture(`vit/${name}.safetensors`), images, options, HALF)
    expectClose(logits, reference.subarray(2 * i * classes, 2 * (i + 1) * classes))
  })
})

describe('exported graphs', () => {
  it.each(exportedNetworks)('$file', async ({ file, size, logits: reference }) => {
    const { model } = await loadClassifier(exportedFile(file))
    const { model: half } = toHalf(model)
    expect(usesHalf(half)).toBe(true)
    const logits = await run(half, imagesOf(size), { n: 2, height: size, width: size })
    expectClose(logits, reference)
  })
})
