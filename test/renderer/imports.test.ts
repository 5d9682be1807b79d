import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src/renderer/client/connection'
import { kindOf, sortPaths } from '../../src/renderer/client/sorting'
import { guessCategory } from '../../src/renderer/state/category'
import { ImportList } from '../../src/renderer/state/imports/list'
import { importRequest } from '../../src/renderer/state/imports/row'
import { parseTriple } from '../../src/renderer/state/normalization'
import { StudyState } from '../../src/renderer/state/study'
import { fakeApplication } from './fake-client'
import { emptyStudy } from './fake-study'

function list() {
  const application = fakeApplication(emptyStudy())
  const connection: Connection = {
    client: application.client,
    kind: 'browser',
    closed: new Promise(() => undefined),
    groupFolder: () => null,
    filePath: (file) => Promise.resolve(`/uploads/${file.name}`)
  }
  return {
    application,
    imports: new ImportList(connection, new StudyState(application.client, emptyStudy().info))
  }
}

const states = (imports: ImportList): string[] => imports.rows.value.map(({ state }) => state)

describe('ImportList', () => {
  it('shows a bad file’s reason in its row and adds the others', async () => {
    const { application, imports } = list()
    imports.addPaths(['/a/model-adv.safetensors', '/a/broken.safetensors', '/a/simclr.onnx'])
    await expect.poll(() => states(imports)).toEqual(['ready', 'failed', 'ready'])
    expect(imports.rows.value[1]?.problem?.code).toBe('FILE_TRUNCATED')
    await imports.addReady()
    expect(imports.rows.value.map(({ file }) => file)).toEqual(['broken.safetensors'])
    expect(application.study.models.map(({ id, category }) => [id, category])).toEqual([
      ['model-adv', 'adversarial'],
      ['simclr', 'self-supervised']
    ])
  })

  it('sends a normalisation only where it was edited', async () => {
    const { imports } = list()
    imports.addPaths(['/a/model.safetensors'])
    await expect.poll(() => states(imports)).toEqual(['ready'])
    const [row] = imports.rows.value
    if (!row) throw new Error('no row')
    expect(importRequest(row)?.options).toEqual({})
    Object.assign(row, { mean: '0, 0, 0', std: '1, 1, 1', normalizationEdited: true })
    expect(importRequest(row)?.options).toEqual({ mean: [0, 0, 0], std: [1, 1, 1] })
    row.std = '1, 0, 1'
    expect(importRequest(row)).toBeNull()
  })
})

describe('parseTriple', () => {
  it('takes three numbers and nothing else', () => {
    expect(parseTriple('0.485, 0.456,0.406')).toEqual([0.485, 0.456, 0.406])
    expect(parseTriple('1; 2; 3')).toEqual([1, 2, 3])
    expect(parseTriple('1, 2')).toBeNull()
    expect(parseTriple('1, 2, x')).toBeNull()
  })
})

describe('what a drop becomes', () => {
  const named = (...names: string[]) => names.map((name) => ({ name, directory: name.endsWith('/') }))

  it.each([
    ['study.linchpin', 'study'],
    ['val/', 'images'],
    ['images.npy', 'images'],
    ['val_labels.npy', 'labels'],
    ['resnet.safetensors', 'checkpoint'],
    ['resnet.pth', 'checkpoint'],
    ['strange.xyz', 'checkpoint'],
    ['results.csv', 'ignored'],
    ['cat.jpg', 'ignored']
  ])('%s is %s', (name, kind) => {
    const [entry] = named(name)
    expect(entry && kindOf(entry, named(name))).toBe(kind)
  })

  it('keeps the data of an ONNX file with it', () => {
    const sorted = sortPaths(named('a.onnx', 'a.onnx.data', 'weights', 'b.safetensors'))
    expect(sorted.checkpoints.map(({ name }) => name)).toEqual(['a.onnx', 'b.safetensors'])
    expect(sorted.companions.map(({ name }) => name)).toEqual(['a.onnx.data', 'weights'])
  })

  it('says why a file is not used', () => {
    const [ignored] = sortPaths(named('results.csv')).ignored
    expect(ignored).toEqual({ name: 'results.csv', reason: 'Tables of results cannot be imported yet.' })
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
