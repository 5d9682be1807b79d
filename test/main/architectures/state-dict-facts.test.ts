/** What stands beside the tensors: config files, metadata, the choice of weights. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fromStateDict } from '../../../src/main/architectures/from-state-dict'
import { inspectCheckpoint } from '../../../src/main/architectures'
import { Report } from '../../../src/main/architectures/report'
import { openCheckpoint, type ModelConfig, type StateDictCheckpoint } from '../../../src/main/checkpoints'
import type { Inspection, ModelOptions } from '../../../src/shared/contract/model'
import { temporaryFolder } from '../../support/folder'
import { fixture } from '../../support/golden'
import { fileBytes, readTensors, tensorBytes } from '../../support/safetensors'

const path = fixture('resnets/basic_timm.safetensors')

const CONFIG: ModelConfig = {
  files: ['/beside/config.json'],
  architecture: 'resnet18',
  classes: 7,
  normalization: { mean: [0.5, 0.4, 0.3], std: [0.25, 0.2, 0.15] },
  preprocessing: { inputSize: 224, cropFraction: 0.875, interpolation: 'bicubic' },
  heads: 6,
  epsilon: 1e-12,
  activation: null,
  pooling: null,
  stride: null
}

/** What is found when the checkpoint has these facts, too. */
async function inspected(
  facts: Partial<StateDictCheckpoint>,
  options: ModelOptions = {},
  file = path
): Promise<{ inspection: Inspection; error: unknown }> {
  const checkpoint = await openCheckpoint(file)
  if (checkpoint.kind !== 'state-dict') throw new Error('no state dict')
  const report = new Report(file)
  try {
    await fromStateDict({ ...checkpoint, ...facts }, options, report)
    return { inspection: report.inspection, error: null }
  } catch (error) {
    return { inspection: report.inspection, error }
  } finally {
    await checkpoint.close()
  }
}

describe('a config beside the file', () => {
  it('gives mean, std and preprocessing', async () => {
    const { inspection } = await inspected({ config: CONFIG })
    expect(inspection.normalization).toEqual({
      mean: [0.5, 0.4, 0.3],
      std: [0.25, 0.2, 0.15],
      source: 'config'
    })
    expect(inspection.preprocessing).toEqual(CONFIG.preprocessing)
    expect(inspection.steps.map(({ kind }) => kind)).toContain('config')
    expect(inspection.warnings.map(({ code }) => code)).not.toContain('normalization-assumed')
  })

  it('freezes a choice that it decides, too', async () => {
    const vit = fixture('vit/timm.safetensors')
    const config = { ...CONFIG, architecture: null, heads: 2, activation: 'quick_gelu' }
    const { inspection } = await inspected({ config }, {}, vit)
    expect(inspection.reading).toMatchObject({ architecture: 'vit:quick-gelu', heads: 2 })
    const plain = await inspected({ config: { ...config, activation: 'gelu' } }, {}, vit)
    expect(plain.inspection.reading.architecture).toBeUndefined()
  })

  it('is frozen in the options, so that the file is read alike without it', async () => {
    const { inspection } = await inspected({ config: CONFIG })
    expect(inspection.reading).toEqual({ heads: 6, epsilon: 1e-12 })
  })

  it('gives way to the user', async () => {
    const options = { heads: 3, mean: [0, 0, 0], std: [1, 1, 1] }
    const { inspection } = await inspected({ config: CONFIG }, options)
    expect(inspection.reading).toEqual({ ...options, epsilon: 1e-12 })
    expect(inspection.normalization?.source).toBe('user')
  })

  it('that names other classes is doubted aloud', async () => {
    const { inspection } = await inspected({ config: { ...CONFIG, classes: 1000 } })
    const warning = inspection.warnings.find(({ code }) => code === 'config-classes')
    expect(warning?.message).toContain('1000')
    expect(warning?.message).toContain('7')
  })

  it('of one channel says nothing about three', async () => {
    const normalization = { mean: [0.5], std: [0.5] }
    const { inspection } = await inspected({ config: { ...CONFIG, normalization } })
    expect(inspection.normalization?.source).toBe('default')
  })

  it.each(['resnetblur50', 'resnetaa50d', 'seresnextaa101d_32x8d'])(
    'that names %s: anti-aliasing leaves no tensors, and is refused',
    async (architecture) => {
      const { error } = await inspected({ config: { ...CONFIG, architecture } })
      expect(error).toMatchObject({ code: 'ARCHITECTURE_UNKNOWN' })
      expect((error as Error).message).toContain(architecture)
    }
  )
})

it('says which of several sets of weights was taken', async () => {
  const stateDicts = [
    { name: 'state_dict_ema', tensors: 86, averaged: true, chosen: true },
    { name: 'state_dict', tensors: 86, averaged: false, chosen: false }
  ]
  const { inspection } = await inspected({ stateDicts, container: 'state_dict_ema' })
  expect(inspection.stateDicts).toEqual(stateDicts)
  expect(inspection.unwrapped).toEqual(['state_dict_ema'])
  const [step] = inspection.steps
  expect(step?.kind).toBe('container')
  expect(step?.text).toContain('averaged weights')
  expect(step?.text).toContain('"state_dict" (raw)')
})

describe('metadata of the file', () => {
  const withMetadata = (metadata: Record<string, string>): string => {
    const file = join(temporaryFolder(), 'model.safetensors')
    const bytes = tensorBytes(readTensors(path))
    const length = Number(bytes.readBigUInt64LE(0))
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as object
    writeFileSync(
      file,
      fileBytes(JSON.stringify({ __metadata__: metadata, ...header }), bytes.subarray(8 + length))
    )
    return file
  }

  it.each([
    ['[0.1, 0.2, 0.3]', '[0.4, 0.5, 0.6]'],
    ['0.1,0.2,0.3', '0.4, 0.5, 0.6'],
    ['[25.5, 51, 76.5]', '[102, 127.5, 153]']
  ])('gives mean %s and std %s', async (mean, std) => {
    const { inspection } = await inspectCheckpoint(withMetadata({ mean, std }))
    expect(inspection.normalization).toEqual({ mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6], source: 'file' })
  })

  it.each([
    ['[0.1, 0.2]', '[0.4, 0.5]'],
    ['[0.1, 0.2, 0.3]', '[0.4, 0, 0.6]'],
    ['about half', 'about a quarter']
  ])('is passed over with mean %s and std %s', async (mean, std) => {
    const { inspection } = await inspectCheckpoint(withMetadata({ mean, std }))
    expect(inspection.normalization?.source).toBe('default')
  })
})

it('a name that the file gives its own architecture is believed', async () => {
  const { error } = await inspected({ metadata: { arch: 'resnetblur18' } })
  expect(error).toMatchObject({ code: 'ARCHITECTURE_UNKNOWN' })
  expect((error as Error).message).toContain('"resnetblur18"')
})
