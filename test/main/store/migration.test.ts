/** Studies of version 1, as the first migration made them, in this version. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { mkdirSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { measurementSpecSchema } from '@shared/contract/measurement'
import { foldersIn, makeFolders } from '../../../src/main/application/folders'
import { RecentStudies } from '../../../src/main/application/recent'
import { Studies } from '../../../src/main/application/studies'
import { MIGRATIONS } from '../../../src/main/store/migrations'
import { temporaryFolder } from '../../support/folder'
import { configuration, evaluation, metrics } from '../../support/study'

const { originalTop1: _, ...OLD_METRICS } = metrics(0.5)

/** Distances of two trials of four images. */
const DISTANCES = [
  [0.25, 0.5, 0.75, 0.5],
  [0.5, 0.5, 1, 1]
]

/** With a set, a configuration, two trials of a layer and one of another, their cells, and runs. */
function oldStudy(): string {
  const path = join(temporaryFolder(), 'old.linchpin')
  const database = new Database(path)
  database.pragma('journal_mode = WAL')
  database.exec(MIGRATIONS[0]!)
  database.pragma('user_version = 1')
  database.pragma(`application_id = ${String(0x4c50494e)}`)
  database.exec("INSERT INTO study (id, name, created_at) VALUES (1, 'Old', '2026-01-01')")
  database
    .prepare('INSERT INTO evaluation (key, description, labels, files, current) VALUES (?, ?, NULL, ?, 1)')
    .run('images', JSON.stringify(evaluation()), '[]')
  database.exec(
    `INSERT INTO configuration VALUES (7, 'hash', 'plain', 'images', 'null', 4, 'layer', 'randomize', '', 'torch',
       'auto', 3, 'float32', 'cpu', 0.75, 1, 1.5, '{"linchpin":"0.1.0"}')`
  )
  const measured = database.prepare('INSERT INTO measurement VALUES (?, 7, ?, ?, ?, ?, 2.5, ?)')
  const put = (id: number, layer: string, trial: number, distances: readonly number[]): void => {
    const criticality = distances.reduce((sum, value) => sum + value, 0) / distances.length
    const stored = { ...OLD_METRICS, criticality, cosineSimilarity: 1 - criticality }
    const blob = Buffer.from(Float32Array.from(distances).buffer)
    measured.run(id, layer, trial, JSON.stringify(stored), blob, '2026-01-02T00:00:00.000Z')
  }
  put(11, 'a', 0, DISTANCES[0]!)
  put(12, 'a', 1, DISTANCES[1]!)
  put(13, 'b', 0, [1, 1, 1, 1])
  database.exec("INSERT INTO cell VALUES (7, 'a', 0.625, 0.17, 0.13, 2), (7, 'b', 1, NULL, 0, 1)")
  const { unit: __, budget: ___, full: ____, ...oldSpec } = measurementSpecSchema.parse({ kinds: ['conv'] })
  database
    .prepare(
      `INSERT INTO run (spec, state, created_at, finished_at, progress, failures, notes)
       VALUES (?, 'paused', '2026-01-01', NULL, ?, '[]', '["A note."]')`
    )
    .run(
      JSON.stringify(oldSpec),
      JSON.stringify({
        units: 2, totalUnits: 3, passes: 8, totalPasses: 16, rate: null, secondsLeft: null,
        model: null, layer: null, trial: null
      }) // prettier-ignore
    )
  database.close()
  return path
}

function opened(path: string) {
  const folders = foldersIn(temporaryFolder())
  makeFolders(folders)
  const studies = new Studies(folders, new RecentStudies(join(folders.data, 'recent.json')))
  onTestFinished(() => studies.close())
  return studies.openFile(path)
}

function expectEverything({ store }: ReturnType<typeof opened>): void {
  expect(store.info().name).toBe('Old')
  expect(store.evaluations.current()).toMatchObject({ key: 'images', labels: null })
  expect(store.configurations.all()).toMatchObject([
    {
      id: 7,
      model_hash: 'hash',
      images: 4,
      sampling: 'same',
      unit: 'layer',
      kinds: '',
      seed: 3,
      scheme: 'torch'
    }
  ])
  // What is measured now goes on in the same configuration.
  expect(store.configurations.find(configuration({ images: 4, seed: 3 }))).toBe(7)
  expect(store.measurements.distances(7, 'a')).toEqual(
    DISTANCES.map((distances, trial) => ({
      trial,
      distances: Float32Array.from(distances),
      mean: trial === 0 ? 0.5 : 0.75
    }))
  )
  expect(store.measurements.trials(7, 'a').map(({ images, metrics: { l1, originalTop1 } }) => [images, l1, originalTop1])).toEqual([
    [4, 0.5, null],
    [4, 0.5, null]
  ]) // prettier-ignore
  expect(store.originals.accuracy(store.configurations.get(7)!)).toEqual({
    images: 4,
    top1: 0.75,
    top5: 1,
    loss: 1.5
  })
  const a = store.cells.get(7, 'a')!
  expect(a).toMatchObject({
    mean: 0.625,
    trials: 2,
    images: 4,
    observations: 8,
    complete: true,
    targetSe: null
  })
  // Two-way analysis of variance by hand: MS_trial = 4 · 2 · 0.125² = 0.125, MS_image = 2 · Σ (image mean − 0.625)² / 3
  // with image means 0.375, 0.5, 0.875, 0.75; rest: Σ r² / 3 with r = ±(0, 0.125, 0, −0.125): see below.
  const image = (2 * (0.25 ** 2 + 0.125 ** 2 + 0.25 ** 2 + 0.125 ** 2)) / 3
  const rest = (2 * (0 + 0.125 ** 2 + 0 + 0.125 ** 2)) / 3
  expect(a.components.image).toBeCloseTo((image - rest) / 2, 12)
  expect(a.standardError).toBeCloseTo(Math.sqrt((0.125 + image - rest) / 8), 12)
  expect(store.cells.get(7, 'b')).toMatchObject({ mean: 1, trials: 1, images: 4 })
  expect(store.runs.all()).toMatchObject([
    {
      state: 'paused',
      notes: ['A note.'],
      execution: null,
      place: null,
      spec: { unit: 'layer', kinds: ['conv'], full: false },
      progress: { units: 2, cells: 0, open: false }
    }
  ])
}

describe('a study of version 1', () => {
  it('opens with everything, its cells computed anew', () => {
    expectEverything(opened(oldStudy()))
  })

  it('is a sound study of the present version afterwards', () => {
    const path = oldStudy()
    const { store } = opened(path)
    expect(store.cells.stale()).toEqual([])
    const database = new Database(path)
    onTestFinished(() => void database.close())
    expect(database.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length)
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(database.pragma('foreign_key_check')).toEqual([])
    expect(() => database.prepare("INSERT INTO measurement VALUES (99, 8, 'a', 0, 1, '{}', 0, '', x'')").run()).toThrow('FOREIGN KEY') // prettier-ignore
  })

  it('can be looked at where it cannot be written', () => {
    const path = oldStudy()
    mkdirSync(`${path}-wal`)
    const study = opened(path)
    expectEverything(study)
    expect(study.store.writable).toBe(false)
    expect(() => study.store.measurements.drop(7, 'a', 0)).toThrow('cannot be written')
  })
})
