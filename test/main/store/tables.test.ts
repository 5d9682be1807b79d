import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { measurementSpecSchema, type Run } from '@shared/contract/measurement'
import { StudyStore } from '../../../src/main/store'
import { temporaryFolder } from '../../support/folder'
import { evaluation, storedModel } from '../../support/study'

function study(): StudyStore {
  const store = StudyStore.open(join(temporaryFolder(), 'study.linchpin'), { create: { name: 'Study' } })
  onTestFinished(() => store.close())
  return store
}

describe('models', () => {
  it('stay in the order in which they came, with all that is known of them', () => {
    const { models } = study()
    const stored = ['z', 'a', 'm'].map((id) =>
      storedModel(id, { attributes: { accuracy: 76.1, method: 'PGD "ε"' } })
    )
    for (const model of stored) models.add(model)
    models.remove('a')
    models.add(stored[1]!)
    expect(models.all()).toEqual([stored[0], stored[2], stored[1]])
    expect(models.get('m')).toEqual(stored[2])
    expect(models.get('x')).toBeNull()
  })

  it('are found by content and treatment', () => {
    const { models } = study()
    models.add(storedModel('a', { hash: 'h' }))
    models.add({ ...storedModel('b', { hash: 'h' }), treatment: 'other' })
    expect(models.find('h', 'plain')?.model.id).toBe('a')
    expect(models.find('h', 'other')?.model.id).toBe('b')
    expect(models.find('h', 'third')).toBeNull()
    expect(() => models.add(storedModel('c', { hash: 'h' }))).toThrow('UNIQUE')
  })

  it('are renamed and moved, one at a time', () => {
    const { models } = study()
    models.add(storedModel('a'))
    models.add(storedModel('b'))
    models.update('a', { name: 'A', category: 'robust', attributes: { ε: 4 } })
    const options = { head: '/there/head "ü".pth', mean: [0.1, 0.2, 0.3] }
    models.move('a', '/there/a.onnx', '../a.onnx', options)
    expect(models.get('a')).toMatchObject({
      relativePath: '../a.onnx',
      model: { name: 'A', category: 'robust', attributes: { ε: 4 }, path: '/there/a.onnx', options }
    })
    expect(models.get('b')).toEqual(storedModel('b'))
  })
})

describe('evaluation sets', () => {
  it('are one at a time, with labels and files', () => {
    const { evaluations } = study()
    expect(evaluations.current()).toBeNull()
    const first = { key: 'k1', evaluation: evaluation(), labels: [0, 70000, 1], files: ['a.png', 'ä/b.png'] }
    const second = { key: 'k2', evaluation: evaluation({ hash: 'others' }), labels: null, files: [] }
    evaluations.set(first)
    expect(evaluations.current()).toEqual(first)
    evaluations.set(second)
    expect(evaluations.current()).toEqual(second)
    evaluations.set(first)
    expect(evaluations.current()).toEqual(first)
  })
})

describe('runs', () => {
  const run = (part: Partial<Run> = {}): Omit<Run, 'id'> => ({
    spec: measurementSpecSchema.parse({ layers: ['conv*'] }),
    state: 'queued',
    createdAt: '2026-01-01T00:00:00.000Z',
    finishedAt: null,
    progress: {
      units: 1,
      totalUnits: 2,
      cells: 0,
      totalCells: 1,
      open: true,
      passes: 3,
      totalPasses: 4,
      rate: 0.5,
      secondsLeft: null,
      model: 'm',
      layer: 'l',
      trial: 0
    },
    failures: [
      {
        model: 'm',
        layer: null,
        trial: null,
        problem: { code: 'ENGINE_DIED', message: 'It died.', fix: 'Again.' }
      }
    ],
    notes: ['A note.'],
    place: null,
    execution: {
      provider: 'cpu',
      precision: 'float32',
      threads: null,
      batch: 16,
      path: 'downstream',
      versions: { linchpin: '1' }
    },
    ...part
  })

  it('come back as they were', () => {
    const { runs } = study()
    const added = runs.add(run())
    expect(runs.get(added.id)).toEqual({ ...run(), id: added.id })
    const done: Run = {
      ...added,
      state: 'done',
      finishedAt: '2026-01-02T00:00:00.000Z',
      failures: [],
      execution: null
    }
    runs.update(done)
    expect(runs.all()).toEqual([done])
    expect(runs.get(99)).toBeNull()
  })

  it('that were left are those queued or running, in their order, with the process that had them', () => {
    const { runs } = study()
    const states = ['done', 'queued', 'queued', 'paused', 'running', 'failed', 'cancelled'] as const
    const ids = states.map((state, i) => runs.add(run({ state, place: i === 1 ? 2 : 1 })).id)
    runs.own(ids[4]!, 'host:12')
    expect(runs.unfinished()).toEqual([
      { id: ids[4], owner: 'host:12' },
      { id: ids[2], owner: null },
      { id: ids[1], owner: null }
    ])
  })
})
