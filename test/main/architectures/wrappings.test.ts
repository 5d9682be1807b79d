/** Every wrapping of test/fixtures/make_wrapped.py, and ResNets of other kinds: logits by PyTorch. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { classifierFiles, inspectCheckpoint } from '../../../src/main/architectures'
import { openCheckpoint } from '../../../src/main/checkpoints'
import { temporaryFolder } from '../../support/folder'
import { floatImages, largestDifference, logitsOf } from '../../support/forward'
import { fixture } from '../../support/golden'
import { readNpy } from '../../support/npy'
import { float32Tensor, writeTensors, type RawTensor } from '../../support/safetensors'

interface Entry {
  readonly file: string
  readonly logits: string
  readonly error?: string
  /** File of the classifier saved apart. */
  readonly head?: string
  readonly prefixes?: string[]
  readonly unwrapped?: string[]
  readonly normalization?: { mean: number[]; std: number[]; source: string }
  readonly networks?: string[]
  /** Some of the tensors that are left out. */
  readonly ignored?: string[]
  /** Tensors that are taken for the classifier. */
  readonly adopted?: string[]
  readonly warning?: string
  readonly architecture?: string
}

const wrapped = (name: string): string => fixture(`wrapped/${name}`)
const entries = JSON.parse(readFileSync(wrapped('index.json'), 'utf8')) as Entry[]
const images = floatImages(wrapped('input.npy'))
const headOf = ({ head }: Entry): { head?: string } => (head === undefined ? {} : { head: wrapped(head) })
const reference = ({ logits }: Entry): ArrayLike<number> => readNpy(wrapped(logits)).data

describe.each(entries)('$file', (entry) => {
  const path = wrapped(entry.file)
  const options = {
    ...headOf(entry),
    ...(entry.file.startsWith('stride_first') ? { architecture: 'resnet:v1' } : {})
  }

  it("gives PyTorch's logits", async () => {
    expect(largestDifference(await logitsOf(path, images, options), reference(entry))).toBeLessThan(1e-4)
  })

  it('accounts for every tensor', async () => {
    const { inspection } = await inspectCheckpoint(path, options)
    expect(inspection.error).toBeUndefined()
    expect(inspection.missing).toEqual([])
    expect(inspection.unexpected).toEqual([])
    const { prefixes, unwrapped, architecture, networks = [] } = entry
    if (prefixes !== undefined) expect(inspection.prefixes).toEqual(prefixes)
    if (unwrapped !== undefined) expect(inspection.unwrapped).toEqual(unwrapped)
    if (architecture !== undefined) expect(inspection.architecture).toContain(architecture)
    expect([...inspection.prefixChoices].sort()).toEqual([...networks].sort())
    expect(inspection.ignored).toEqual(expect.arrayContaining(entry.ignored ?? []))
    expect(new Set(inspection.ignored).size).toBe(inspection.ignored.length)
    // Nothing is lost on the way: what is in the file is matched or left out; a head of another file is extra.
    expect(inspection.matched + inspection.ignored.length).toBe(
      inspection.tensors + (entry.head === undefined ? 0 : 2)
    )
  })

  it('says what was done', async () => {
    const { inspection } = await inspectCheckpoint(path, options)
    const { steps, warnings } = inspection
    const codes = warnings.map(({ code }) => code)
    const named = new Set(steps.flatMap(({ names }) => names))
    for (const name of entry.ignored ?? []) expect([...named]).toContain(name)
    if (entry.adopted !== undefined) {
      expect(steps).toContainEqual(expect.objectContaining({ kind: 'rename', names: entry.adopted }))
      for (const name of entry.adopted) expect(inspection.ignored).not.toContain(name)
    }
    expect(steps.some(({ kind }) => kind === 'prefix')).toBe((entry.prefixes ?? []).length > 0)
    expect(steps.some(({ kind }) => kind === 'head')).toBe(entry.head !== undefined)
    expect(codes.includes('several-networks')).toBe(entry.networks !== undefined)
    expect(codes.includes('projection-as-classifier')).toBe(entry.warning === 'projection-as-classifier')
    expect(codes.includes('normalization-assumed')).toBe(entry.normalization === undefined)
    expect(inspection.normalization?.source).toBe(entry.normalization?.source ?? 'default')
    const { mean = [], std = [] } = entry.normalization ?? {}
    expect(inspection.normalization).toMatchObject(
      entry.normalization === undefined
        ? {}
        : {
            mean: mean.map((v) => expect.closeTo(v, 6) as number),
            std: std.map((v) => expect.closeTo(v, 6) as number)
          }
    )
  })
})

describe.each(entries.filter(({ error }) => error !== undefined))('$file alone', (entry) => {
  it('is a network without a classifier', async () => {
    const { inspection, classifier } = await inspectCheckpoint(wrapped(entry.file))
    expect(classifier).toBeNull()
    expect(inspection.error?.code).toBe(entry.error)
    expect(inspection.head).toEqual({ features: 6 })
    expect(inspection.missing).toEqual(['fc.weight', 'fc.bias'])
  })
})

describe('a classifier saved apart', () => {
  const head = wrapped('linear_head.pth.tar')

  it('is recognised alone', async () => {
    const { inspection, classifier } = await inspectCheckpoint(head)
    expect(classifier).toBeNull()
    expect(inspection.error?.code).toBe('CLASSIFIER_ALONE')
    expect(inspection.head).toEqual({ features: 6, classes: 5 })
  })

  it('is one of the files that the network is made of', async () => {
    const path = wrapped('backbone.pth')
    const { classifier } = await inspectCheckpoint(path, { head })
    expect(classifier?.files).toEqual([path, head])
    expect(await classifierFiles(path, { head })).toEqual([path, head])
  })

  it('may lie in a whole network’s file', async () => {
    const path = wrapped('backbone.pth')
    const options = { head: wrapped('mean_teacher.pth') }
    const { inspection } = await inspectCheckpoint(path, options)
    // Both of its networks have one.
    expect(inspection.error?.code).toBe('OPTION_INVALID')
    expect(inspection.error?.message).toContain('"teacher.fc" [5, 6]')
    const logits = await logitsOf(path, images, { head: wrapped('swa.pth') })
    expect(
      largestDifference(logits, reference(entries.find(({ file }) => file === 'backbone.pth')!))
    ).toBeLessThan(1e-4)
  })

  it('must take as many features as the network gives', async () => {
    const { inspection } = await inspectCheckpoint(wrapped('simclr_v2.pth'), { head })
    expect(inspection.error?.code).toBe('OPTION_INVALID')
    expect(inspection.error?.message).toContain('"module.linear" [5, 6]')
    expect(inspection.error?.message).toContain('12 features')
  })

  it('takes the place of a classifier of the file itself, and says so', async () => {
    const path = wrapped('lightning.ckpt')
    const { inspection } = await inspectCheckpoint(path, { head })
    expect(inspection.error).toBeUndefined()
    expect(inspection.steps.find(({ kind }) => kind === 'head')?.text).toContain('place')
    expect(inspection.ignored).toEqual(expect.arrayContaining(['model.net.fc.weight', 'model.net.fc.bias']))
  })
})

describe('several networks in one file', () => {
  const path = wrapped('robustness.pt')
  const base = entries.find(({ file }) => file === 'robustness.pt')!

  it('can be chosen by prefix: another network with other logits', async () => {
    const prefix = 'module.attacker.model.'
    const { inspection } = await inspectCheckpoint(path, { prefix })
    expect(inspection.prefixes).toEqual(['module.', 'attacker.', 'model.'])
    expect(inspection.warnings.map(({ code }) => code)).not.toContain('several-networks')
    expect(inspection.ignored).toContain('module.model.conv1.weight')
    expect(largestDifference(await logitsOf(path, images, { prefix }), reference(base))).toBeGreaterThan(0.01)
  })

  it('are listed when the prefix fits none', async () => {
    const { inspection } = await inspectCheckpoint(path, { prefix: 'ema.' })
    expect(inspection.error).toMatchObject({
      code: 'OPTION_INVALID',
      details: ['module.model.', 'module.attacker.model.']
    })
    expect(inspection.error?.message).toContain('"ema."')
    expect(inspection.error?.message).toContain('"module.attacker.model."')
  })
})

it('takes the stride in the first convolution only when told', async () => {
  const entry = entries.find(({ file }) => file.startsWith('stride_first'))!
  const path = wrapped(entry.file)
  const { inspection } = await inspectCheckpoint(path)
  expect(inspection.architectureChoices).toContain('resnet:v1')
  expect(largestDifference(await logitsOf(path, images), reference(entry))).toBeGreaterThan(0.01)
})

it('refuses SimCLRv2 with selective kernels by name', async () => {
  const checkpoint = await openCheckpoint(wrapped('simclr_v2.pth'))
  if (checkpoint.kind !== 'state-dict') throw new Error('no state dict')
  const tensors = new Map<string, RawTensor>()
  for (const [name, entry] of checkpoint.tensors) {
    // In place of its second convolution such a block has a module of two.
    const moved = name.replace(/(blocks\.\d+\.net\.2\.)weight$/, '$1main_conv.0.weight')
    if (!name.endsWith('num_batches_tracked'))
      tensors.set(moved, float32Tensor(entry.shape, await entry.read()))
  }
  await checkpoint.close()
  const { inspection } = await inspectCheckpoint(
    writeTensors(join(temporaryFolder(), 'selective.safetensors'), tensors)
  )
  expect(inspection.error?.code).toBe('TENSORS_UNEXPECTED')
  expect(inspection.error?.message).toContain('selective kernels')
})

it('reads the raw weights beside the averaged ones when told', async () => {
  const entry = entries.find(({ file }) => file === 'timm_training.pth.tar')!
  const path = wrapped(entry.file)
  const { inspection } = await inspectCheckpoint(path)
  expect(inspection.stateDicts.map(({ name, averaged, chosen }) => ({ name, averaged, chosen }))).toEqual(
    expect.arrayContaining([
      { name: 'state_dict_ema', averaged: true, chosen: true },
      { name: 'state_dict', averaged: false, chosen: false }
    ])
  )
  expect(inspection.steps[0]?.text).toContain('"state_dict" (raw)')
  const options = { weights: 'state_dict' }
  expect((await inspectCheckpoint(path, options)).inspection.unwrapped).toEqual(['state_dict'])
  expect(largestDifference(await logitsOf(path, images, options), reference(entry))).toBeGreaterThan(0.01)
})
