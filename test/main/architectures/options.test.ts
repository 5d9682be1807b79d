import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inspectCheckpoint } from '../../../src/main/architectures'
import { temporaryFolder } from '../../support/folder'
import { floatImages, largestDifference, logitsOf } from '../../support/forward'
import { fixture } from '../../support/golden'
import { readNpy } from '../../support/npy'

const resnets = (name: string): string => fixture(`resnets/${name}`)
const cifar = resnets('cifar_basic.safetensors')
const timm = resnets('basic_timm.safetensors')

describe('the stem', () => {
  const images = floatImages(resnets('cifar_basic_input.npy'))
  const reference = readNpy(resnets('cifar_basic_logits.npy')).data

  it('of a 3×3 first convolution is taken for CIFAR, and says so', async () => {
    const { inspection } = await inspectCheckpoint(cifar)
    expect(inspection.architecture).toContain('CIFAR stem')
    expect(inspection.architectureChoices).toEqual(['resnet:imagenet-stem', 'resnet:cifar-stem'])
    expect(inspection.warnings.map(({ code }) => code)).toContain('cifar-stem')
  })

  it('given by the user is not doubted', async () => {
    const { inspection } = await inspectCheckpoint(cifar, { architecture: 'resnet:cifar-stem' })
    expect(inspection.warnings.map(({ code }) => code)).not.toContain('cifar-stem')
    const logits = await logitsOf(cifar, images, { architecture: 'resnet:cifar-stem' })
    expect(largestDifference(logits, reference)).toBeLessThan(1e-4)
  })

  it('can be corrected to ImageNet’s: another network with the same tensors', async () => {
    const options = { architecture: 'resnet:imagenet-stem' }
    const { inspection } = await inspectCheckpoint(cifar, options)
    expect(inspection.architecture).not.toContain('CIFAR')
    expect(largestDifference(await logitsOf(cifar, images, options), reference)).toBeGreaterThan(0.01)
    // Stride 2 and max-pooling halve both sides twice each: at 224 the first stage sees 56 × 56.
    const conv = inspection.layers.find(({ name }) => name === 'layer1.0.conv1')!
    expect(conv.macs).toBe(56 * 56 * conv.shape.reduce((product, size) => product * size, 1))
  })

  it('of a 7×7 first convolution can be corrected to stride 1 without pooling', async () => {
    const plain = await inspectCheckpoint(timm)
    expect(plain.inspection.architecture).not.toContain('CIFAR')
    const { inspection } = await inspectCheckpoint(timm, { architecture: 'resnet:cifar-stem' })
    expect(inspection.error).toBeUndefined()
    // Padding 3 keeps the size of the CIFAR image: 32 × 32 outputs.
    const conv = inspection.layers.find(({ name }) => name === 'conv1')!
    expect(conv.macs).toBe(32 * 32 * 16 * 3 * 7 * 7)
  })

  it('is chosen by the tensors when only the family is given', async () => {
    const { inspection } = await inspectCheckpoint(cifar, { architecture: 'resnet' })
    expect(inspection.architecture).toContain('CIFAR stem')
  })
})

it('refuses an architecture that it does not know, and lists those it knows', async () => {
  const { inspection } = await inspectCheckpoint(timm, { architecture: 'alexnet' })
  expect(inspection.error?.code).toBe('OPTION_INVALID')
  expect(inspection.error?.message).toContain('"alexnet"')
  expect(inspection.error?.message).toContain('resnet:cifar-stem')
})

describe('normalisation', () => {
  it("is ImageNet's with a warning when nothing is given", async () => {
    const { inspection } = await inspectCheckpoint(timm)
    // timm.data.constants.IMAGENET_DEFAULT_MEAN and _STD.
    expect(inspection.normalization).toEqual({
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      source: 'default'
    })
    expect(inspection.warnings.map(({ code }) => code)).toContain('normalization-assumed')
  })

  it('is what the user gives, without a warning', async () => {
    const given = { mean: [0, 0, 0], std: [1, 1, 1] }
    const { inspection } = await inspectCheckpoint(timm, given)
    expect(inspection.normalization).toEqual({ ...given, source: 'user' })
    expect(inspection.warnings.map(({ code }) => code)).not.toContain('normalization-assumed')
  })

  it.each([[[0.2, 0, 0.2]], [[0.2, -1, 0.2]], [[0.2, NaN, 0.2]], [[Infinity, 1, 1]]])(
    'refuses a std of %j',
    async (std) => {
      const { inspection, classifier } = await inspectCheckpoint(timm, { std })
      expect(classifier).toBeNull()
      expect(inspection.error?.code).toBe('OPTION_INVALID')
    }
  )
})

it('reports a file that is not there without throwing', async () => {
  const path = join(temporaryFolder(), 'gone.safetensors')
  const { inspection, classifier } = await inspectCheckpoint(path)
  expect(classifier).toBeNull()
  expect(inspection).toMatchObject({
    file: path,
    format: null,
    layers: [],
    error: { code: 'FILE_NOT_FOUND' }
  })
})
