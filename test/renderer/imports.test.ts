import { describe, expect, it } from 'vitest'
import type { Connection, UploadPlace } from '../../src/renderer/client/connection'
import { sortFiles } from '../../src/renderer/client/drop'
import { guessCategory } from '../../src/renderer/state/category'
import { ImportList } from '../../src/renderer/state/imports/list'
import {
  importRequest,
  readingOf,
  readingOptions,
  type ImportRow
} from '../../src/renderer/state/imports/row'
import { parseDeviation, parseTriple, presetOf } from '../../src/renderer/state/normalization'
import { StudyState } from '../../src/renderer/state/study'
import { fakeApplication, type Answers } from './fake-client'
import { fakeCheck, fakeInspection } from './fake-inspection'
import { emptyStudy, EVALUATION } from './fake-study'

interface Setup extends Partial<Answers> {
  /** Whether the study has an evaluation set. */
  readonly evaluation?: boolean
  readonly filePath?: Connection['filePath']
}

function list({ evaluation = false, filePath, ...answers }: Setup = {}) {
  const study = emptyStudy()
  const application = fakeApplication(study, true, {
    inspect: (path, options) => Promise.resolve(fakeInspection(path, options)),
    check: (path, options) => Promise.resolve(fakeCheck(path, options)),
    ...answers
  })
  const connection: Connection = {
    client: application.client,
    kind: 'browser',
    closed: new Promise(() => undefined),
    groupFolder: () => null,
    filePath: filePath ?? ((file) => Promise.resolve(`/uploads/${file.name}`))
  }
  const state = new StudyState(application.client, study.info)
  if (evaluation) state.apply({ type: 'evaluation', evaluation: EVALUATION })
  const imports = new ImportList(connection, state)
  const row = (file: string): ImportRow => {
    const found = imports.rows.value.find((other) => other.file === file)
    if (!found) throw new Error(`there is no row of ${file}`)
    return found
  }
  const drop = (...names: string[]): void => {
    const { checkpoints, companions } = sortFiles(names.map((name) => new File(['x'], name)))
    imports.addDropped(checkpoints, companions)
  }
  return { application, imports, row, drop, state }
}

const states = (imports: ImportList): string[] => imports.rows.value.map(({ state }) => state)
const files = (imports: ImportList): string[] => imports.rows.value.map(({ file }) => file)

/** Calls that are answered when the test says so, oldest first. */
function heldBack<T>(answer: (path: string, options: Parameters<Answers['inspect']>[1]) => T) {
  const held: { path: string; release: () => void }[] = []
  const call = (path: string, options: Parameters<Answers['inspect']>[1]): Promise<T> =>
    new Promise((resolve) => held.push({ path, release: () => resolve(answer(path, options)) }))
  return { held, call }
}

describe('ImportList', () => {
  it('shows a bad file’s reason in its row and adds the others', async () => {
    const { application, imports } = list()
    imports.addPaths(['/a/model-adv.safetensors', '/a/broken.safetensors', '/a/simclr.onnx'])
    await expect.poll(() => states(imports)).toEqual(['ready', 'failed', 'ready'])
    expect(imports.rows.value[1]?.problem?.code).toBe('FILE_TRUNCATED')
    await imports.addReady()
    expect(files(imports)).toEqual(['broken.safetensors'])
    expect(application.study.models.map(({ id, category }) => [id, category])).toEqual([
      ['model-adv', 'adversarial'],
      ['simclr', 'self-supervised']
    ])
  })

  it('names a file whose name says nothing after its folder', () => {
    const { imports } = list()
    imports.addPaths(['/zoo/vit-small/model.safetensors', 'C:\\zoo\\deit\\pytorch_model.bin', '/zoo/own.pth'])
    expect(imports.rows.value.map(({ name }) => name)).toEqual(['vit-small', 'deit', 'own'])
  })

  it('makes no rows of files that belong to another', () => {
    const { imports } = list()
    imports.addPaths(['/a/model.safetensors', '/a/config.json', '/b/config.json'])
    expect(files(imports)).toEqual(['model.safetensors', 'config.json'])
    expect(imports.rows.value[0]?.companions).toEqual(['config.json'])
  })
})

describe('a correction', () => {
  it('reads the file again, with every correction so far', async () => {
    const { imports, row } = list()
    imports.addPaths(['/a/wrapped.pth'])
    await expect.poll(() => states(imports)).toEqual(['ready'])
    const wrapped = row('wrapped.pth')
    await imports.correct(wrapped, { weights: 'state_dict' })
    await imports.correct(wrapped, { mean: '0, 0, 0', std: '1, 1, 1', normalizationEdited: true })
    expect(wrapped.inspection).toMatchObject({
      container: 'state_dict',
      normalization: { mean: [0, 0, 0], source: 'user' }
    })
    await imports.correct(wrapped, { normalizationEdited: false })
    expect(wrapped).toMatchObject({ mean: '0.485, 0.456, 0.406', std: '0.229, 0.224, 0.225' })
    expect(importRequest(wrapped)?.options).toEqual({ weights: 'state_dict' })
  })

  it('rescues a file that failed', async () => {
    const { imports, row } = list()
    imports.addPaths(['/a/online.pth'])
    await expect.poll(() => states(imports)).toEqual(['failed'])
    await imports.correct(row('online.pth'), { prefix: 'target.' })
    expect(row('online.pth')).toMatchObject({ state: 'ready', problem: null })
  })

  it('is not overtaken by the answer to an earlier one', async () => {
    const { held, call } = heldBack(fakeInspection)
    const { imports, row } = list({ inspect: call })
    imports.addPaths(['/a/vit.pth'])
    const vit = row('vit.pth')
    const corrected = [imports.correct(vit, { heads: '3' }), imports.correct(vit, { heads: '12' })]
    await expect.poll(() => held.length).toBe(3)
    for (const { release } of held.toReversed()) release()
    await Promise.all(corrected)
    expect(vit).toMatchObject({ state: 'ready', heads: '12' })
    expect(vit.inspection?.heads).toBe(12)
  })

  it('that is no such value is not sent', async () => {
    const { imports, row } = list()
    imports.addPaths(['/a/vit.pth'])
    await expect.poll(() => states(imports)).toEqual(['ready'])
    const vit = row('vit.pth')
    await imports.correct(vit, { heads: '2.5' })
    expect(importRequest(vit)).toBeNull()
    await imports.correct(vit, { heads: '', std: '1, 0, 1', normalizationEdited: true })
    expect(importRequest(vit)).toBeNull()
    expect(vit.inspection?.heads).toBe(6)
  })
})

describe('a classifier that is saved apart', () => {
  it('is paired with the one network that lacks it, and taken apart for good', async () => {
    const { application, imports, row, drop } = list()
    drop('encoder.pth', 'linear.pth', 'model.safetensors')
    await expect.poll(() => states(imports)).toEqual(['ready', 'ready'])
    const encoder = row('encoder.pth')
    expect(encoder.head).toMatchObject({ file: 'linear.pth', path: '/uploads/linear.pth' })
    expect(importRequest(encoder)?.options).toEqual({ head: '/uploads/linear.pth' })

    await imports.takeApart(encoder)
    expect(files(imports)).toEqual(['encoder.pth', 'linear.pth', 'model.safetensors'])
    expect(states(imports)).toEqual(['failed', 'failed', 'ready'])
    expect(encoder.problem?.code).toBe('CLASSIFIER_MISSING')

    await imports.attach(encoder, row('linear.pth'))
    await imports.addReady()
    expect(files(imports)).toEqual([])
    expect(application.study.models[0]?.options).toEqual({ head: '/uploads/linear.pth' })
  })

  it.each([
    [['encoder-a.pth', 'encoder-b.pth', 'linear.pth']],
    [['encoder.pth', 'linear-a.pth', 'linear-b.pth']]
  ])('is not guessed where %j leave a choice', async (names) => {
    const { imports, drop } = list()
    drop(...names)
    await expect.poll(() => states(imports)).toEqual(['failed', 'failed', 'failed'])
    expect(imports.rows.value.every(({ head }) => head === null)).toBe(true)
  })

  it('is not taken for what was dropped at another time', async () => {
    const { imports, drop } = list()
    drop('encoder.pth')
    drop('linear.pth')
    await expect.poll(() => states(imports)).toEqual(['failed', 'failed'])
  })

  it('is uploaded when it is dropped on the row', async () => {
    const { imports, row, drop } = list()
    drop('encoder.pth')
    await expect.poll(() => states(imports)).toEqual(['failed'])
    await imports.attachFile(row('encoder.pth'), new File(['x'], 'head.pth'))
    expect(row('encoder.pth')).toMatchObject({
      state: 'ready',
      head: { path: '/uploads/head.pth', row: null }
    })
  })
})

describe('the check of a file', () => {
  it('follows its reading where there is an evaluation set, one at a time', async () => {
    const { held, call } = heldBack(fakeCheck)
    const { imports } = list({ evaluation: true, check: call })
    imports.addPaths(['/a/first.pth', '/a/broken.pth', '/a/wrapped.pth'])
    const checks = (): string[] => imports.rows.value.map(({ check }) => check.state)
    await expect.poll(checks).toEqual(['running', 'none', 'waiting'])
    expect(held.map(({ path }) => path)).toEqual(['/a/first.pth'])
    held[0]?.release()
    await expect.poll(checks).toEqual(['done', 'none', 'running'])
    held[1]?.release()
    await expect.poll(checks).toEqual(['done', 'none', 'done'])
    expect(imports.rows.value[2]?.check).toMatchObject({ check: { verdict: 'good' } })
  })

  it('waits for an evaluation set', async () => {
    const { imports, state } = list()
    imports.addPaths(['/a/wrapped.pth'])
    await expect.poll(() => states(imports)).toEqual(['ready'])
    expect(imports.rows.value[0]?.check.state).toBe('none')
    state.apply({ type: 'evaluation', evaluation: EVALUATION })
    imports.checkAll()
    await expect.poll(() => imports.rows.value[0]?.check.state).toBe('done')
  })

  it('offers readings that change nothing until one is used, and then checks again', async () => {
    const { imports, row } = list({ evaluation: true })
    imports.addPaths(['/a/model.pth'])
    await expect.poll(() => imports.rows.value[0]?.check.state).toBe('done')
    const model = row('model.pth')
    const verdict = (): unknown => (model.check.state === 'done' ? model.check.check.verdict : null)
    expect(verdict()).toBe('doubtful')
    expect(importRequest(model)?.options).toEqual({})
    const better = model.check.state === 'done' ? model.check.check.alternatives[0] : undefined
    await imports.useReading(model, better?.options ?? {})
    expect(importRequest(model)?.options).toEqual({ mean: [0, 0, 0], std: [1, 1, 1] })
    expect(verdict()).toBe('good')
  })

  it('of a reading that was corrected meanwhile is dropped', async () => {
    const { held, call } = heldBack(fakeCheck)
    const { imports, row } = list({ evaluation: true, check: call })
    imports.addPaths(['/a/model.pth'])
    await expect.poll(() => held.length).toBe(1)
    const model = row('model.pth')
    const corrected = imports.correct(model, { mean: '0,0,0', std: '1,1,1', normalizationEdited: true })
    await expect.poll(() => model.state).toBe('ready')
    held[0]?.release()
    await expect.poll(() => held.length).toBe(2)
    expect(model.check.state).toBe('running')
    held[1]?.release()
    await corrected
    expect(model.check).toMatchObject({ state: 'done', check: { verdict: 'good' } })
  })

  it('that fails keeps nothing from being added', async () => {
    const { application, imports } = list({ evaluation: true })
    imports.addPaths(['/a/vit.pth'])
    await expect.poll(() => imports.rows.value[0]?.check.state).toBe('failed')
    expect(imports.rows.value[0]?.check).toMatchObject({ problem: { code: 'INPUT_SIZE' } })
    await imports.addReady()
    expect(application.study.models.map(({ id }) => id)).toEqual(['vit'])
  })
})

describe('an upload', () => {
  it('puts companions beside the checkpoints that need them, each once, before these are read', async () => {
    const places: UploadPlace[] = []
    const { imports, drop } = list({
      inspect: (path, options) => {
        expect(places.map((place) => place.path)).toContain('config.json')
        return Promise.resolve(fakeInspection(path, options))
      },
      filePath: (file, _onProgress, place) => {
        if (place) places.push(place)
        return Promise.resolve(`/uploads/${file.name}`)
      }
    })
    drop('a.safetensors', 'b.safetensors', 'config.json')
    await expect.poll(() => states(imports)).toEqual(['ready', 'ready'])
    expect(places.map(({ path }) => path).toSorted()).toEqual([
      'a.safetensors',
      'b.safetensors',
      'config.json'
    ])
    expect(new Set(places.map(({ group }) => group)).size).toBe(1)
  })

  it('that fails is its row’s matter, and can be tried again', async () => {
    let full = true
    const { imports, row, drop } = list({
      filePath: (file) =>
        full && file.name.endsWith('.data')
          ? Promise.reject(new Error('no space'))
          : Promise.resolve(`/uploads/${file.name}`)
    })
    drop('a.onnx', 'a.onnx.data', 'b.safetensors')
    await expect.poll(() => states(imports)).toEqual(['failed', 'ready'])
    full = false
    await imports.readAgain(row('a.onnx'))
    expect(states(imports)).toEqual(['ready', 'ready'])
  })

  it('ends with its row, and a companion’s with the last row that needs it', async () => {
    const sending = new Map<string, AbortSignal>()
    const { imports, row, drop } = list({
      filePath: (file, _onProgress, _place, signal) =>
        new Promise((_, reject) => {
          if (!signal) return
          sending.set(file.name, signal)
          signal.addEventListener('abort', () => reject(new Error('ended')))
        })
    })
    const ended = (): string[] => [...sending].filter(([, signal]) => signal.aborted).map(([name]) => name)
    drop('a.safetensors', 'b.safetensors', 'config.json')
    await expect.poll(() => sending.size).toBe(3)
    imports.remove(row('a.safetensors'))
    expect(ended()).toEqual(['a.safetensors'])
    imports.clear()
    expect(ended().toSorted()).toEqual(['a.safetensors', 'b.safetensors', 'config.json'])
    expect(imports.rows.value).toEqual([])
  })

  it('of a row that was left out before its turn never begins', async () => {
    const begun: string[] = []
    const releases: (() => void)[] = []
    const { imports, row, drop } = list({
      filePath: (file) =>
        new Promise((resolve) => {
          begun.push(file.name)
          releases.push(() => resolve(`/uploads/${file.name}`))
        })
    })
    // Three at a time.
    drop('a.pth', 'b.pth', 'c.pth', 'd.pth', 'e.pth')
    await expect.poll(() => begun.length).toBe(3)
    imports.remove(row('d.pth'))
    for (const release of releases.splice(0)) release()
    await expect.poll(() => begun).toEqual(['a.pth', 'b.pth', 'c.pth', 'e.pth'])
    for (const release of releases) release()
    await expect.poll(() => states(imports)).toEqual(['ready', 'ready', 'ready', 'ready'])
  })
})

describe('options of the contract', () => {
  it('survive the way into corrections and back', async () => {
    const { imports, row } = list()
    imports.addPaths(['/a/model.pth'])
    await expect.poll(() => states(imports)).toEqual(['ready'])
    const options = {
      architecture: 'vit',
      heads: 3,
      epsilon: 1e-6,
      head: '/a/linear.pth',
      weights: 'teacher',
      prefix: '',
      output: 'logits',
      channels: 'bgr' as const,
      mean: [0.1, 0.2, 0.3],
      std: [1, 2, 3]
    }
    expect(readingOptions(readingOf(options, row('model.pth')))).toEqual(options)
    expect(readingOptions(readingOf({}, row('model.pth')))).toEqual({})
  })

  it('leave a normalisation that the file gives anyway to the file', async () => {
    const { imports, row } = list()
    imports.addPaths(['/a/model.pth'])
    await expect.poll(() => states(imports)).toEqual(['ready'])
    const options = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], channels: 'bgr' as const }
    expect(readingOptions(readingOf(options, row('model.pth')))).toEqual({ channels: 'bgr' })
  })
})

describe('a normalisation', () => {
  it('is three numbers and nothing else', () => {
    expect(parseTriple('0.485, 0.456,0.406')).toEqual([0.485, 0.456, 0.406])
    expect(parseTriple('1; 2; 3')).toEqual([1, 2, 3])
    expect(parseTriple('1, 2')).toBeNull()
    expect(parseTriple('1, 2, x')).toBeNull()
    expect(parseDeviation('1, 2, 3')).toEqual([1, 2, 3])
    expect(parseDeviation('1, 0, 1')).toBeNull()
  })

  it('is known by its numbers', () => {
    // torchvision.transforms._presets, open_clip.constants.
    expect(presetOf('0.485 0.456 0.406', '0.229 0.224 0.225')?.id).toBe('imagenet')
    expect(presetOf('0.48145466,0.4578275,0.40821073', '0.26862954,0.26130258,0.27577711')?.id).toBe('clip')
    expect(presetOf('0, 0, 0', '1, 1, 1')?.id).toBe('none')
    expect(presetOf('0, 0, 0', '1, 1, 2')).toBeUndefined()
  })
})

describe('guessCategory', () => {
  it.each([
    ['resnet50_l2_eps1', 'adversarial'],
    ['simclrv2', 'self-supervised'],
    ['augmix_resnet50', 'augmentation'],
    ['tv_resnet50_v2', 'improved'],
    ['baseline', 'baseline'],
    ['advanced', ''],
    ['model', '']
  ])('%s: %s', (name, category) => {
    expect(guessCategory(name)).toBe(category)
  })
})
