/** Trials that grow piece by piece, and the cells that sum them up. */
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CellRecord, renewCells } from '../../../src/main/application/measuring/cells'
import { trialImages } from '../../../src/main/perturbations'
import { StudyStore, type Configuration } from '../../../src/main/store'
import { temporaryFolder } from '../../support/folder'
import { addTrial, configuration, metrics, piece, storedModel } from '../../support/study'

function study(part: Partial<Configuration> = {}): {
  store: StudyStore
  id: number
  record: () => CellRecord
} {
  const store = StudyStore.open(join(temporaryFolder(), 'study.linchpin'), { create: { name: 'Study' } })
  onTestFinished(() => store.close())
  const id = store.configurations.findOrAdd(configuration(part))
  return { store, id, record: () => new CellRecord(store, store.configurations.get(id)!) }
}

describe('a trial', () => {
  it('is made of pieces: means are weighted by their images, distances follow each other', () => {
    const { store, id } = study({ images: 4 })
    const first = piece('a', 0, [0.25], { top1: 1, originalTop1: 1, recoveredAccuracy: 1, loss: 1, kl: 4 })
    const second = piece('a', 0, [0.5, 0.5, 1], {
      from: 1,
      top1: 1 / 3,
      originalTop1: 2 / 3,
      recoveredAccuracy: 0.5,
      loss: 5,
      kl: 0
    })
    expect(store.measurements.append(id, first)).toBe(true)
    expect(store.measurements.append(id, second)).toBe(true)
    const [row] = store.measurements.trials(id)
    expect(row).toMatchObject({ layer: 'a', trial: 0, images: 4 })
    // (1·x + 3·y) / 4; recovered accuracy is the ratio of the merged accuracies, ½ / ¾.
    expect(row!.metrics).toMatchObject({ criticality: 0.5625, loss: 4, kl: 1, top1: 0.5, originalTop1: 0.75 })
    expect(row!.metrics.recoveredAccuracy).toBeCloseTo(2 / 3, 15)
    expect(store.measurements.distances(id, 'a')).toEqual([
      { trial: 0, distances: Float32Array.of(0.25, 0.5, 0.5, 1), mean: 0.5625 }
    ])
  })

  it('without labels has no accuracy, and none can be recovered where there was none', () => {
    const { store, id } = study({ images: 4 })
    const none = { top1: null, top5: null, loss: null, originalTop1: null, recoveredAccuracy: null }
    store.measurements.append(id, piece('a', 0, [0.5, 0.5], none))
    store.measurements.append(id, piece('a', 0, [0.5, 0.5], { ...none, from: 2 }))
    expect(store.measurements.trials(id)[0]!.metrics).toEqual(metrics(0.5, none))
    const wrong = { top1: 0.5, originalTop1: 0, recoveredAccuracy: null }
    store.measurements.append(id, piece('b', 0, [0.5, 0.5], wrong))
    store.measurements.append(id, piece('b', 0, [0.5, 0.5], { ...wrong, from: 2 }))
    expect(store.measurements.trials(id, 'b')[0]!.metrics).toMatchObject({
      top1: 0.5,
      recoveredAccuracy: null
    })
  })

  it.each([0, 1, 3])('leaves aside a piece from %i on, which is not where it has got to', (from) => {
    const { store, id } = study({ images: 4 })
    store.measurements.append(id, piece('a', 0, [0.25, 0.75]))
    const before = store.measurements.distances(id, 'a')
    expect(store.measurements.append(id, piece('a', 0, [1, 1], { from }))).toBe(false)
    expect(store.measurements.distances(id, 'a')).toEqual(before)
    // Nor does one begin in the middle.
    expect(store.measurements.append(id, piece('a', 1, [1, 1], { from: 2 }))).toBe(false)
    expect(store.measurements.coverage(id)).toEqual(new Map([['a', new Map([[0, 2]])]]))
  })

  it('keeps its distances bit for bit, also those that are a view into a larger buffer', () => {
    const { store, id } = study()
    const values = Float32Array.of(9, 1 / 3, 2 ** -149, 9)
    store.measurements.append(id, { ...piece('a', 1, [0, 0]), distances: values.subarray(1, 3) })
    store.measurements.append(id, piece('a', 0, [0.1, 1]))
    expect(store.measurements.distances(id, 'a').map(({ distances }) => distances)).toEqual([
      Float32Array.of(0.1, 1),
      Float32Array.of(1 / 3, 2 ** -149)
    ])
  })

  it('outlives its model, and comes back with it', () => {
    const { store } = study()
    const stored = storedModel('a')
    store.models.add(stored)
    const id = store.configurations.findOrAdd(configuration({ modelHash: stored.model.hash }))
    addTrial(store, id, 'a', 0, [0.25, 0.75])
    store.models.remove('a')
    expect(store.measurements.trials(id).length).toBe(1)
    store.models.add(stored)
    expect(store.configurations.find(configuration({ modelHash: stored.model.hash }))).toBe(id)
  })
})

describe('a cell', () => {
  it('sums up the trials of its unit', () => {
    const { store, id } = study()
    addTrial(store, id, 'a', 0, [0, 0.5])
    addTrial(store, id, 'b', 0, [0.5, 0.5])
    addTrial(store, id, 'a', 1, [0.5, 1])
    expect(store.cells.of(id).length).toBe(2)
    const a = store.cells.get(id, 'a')!
    // Means 0.25 and 0.75: standard deviation 0.5 / √2. MS_trial = MS_image = 0.25, no rest: √(0.5 / 4).
    expect(a).toMatchObject({ mean: 0.5, trials: 2, images: 2, observations: 4, complete: true })
    expect(a.std).toBeCloseTo(0.5 / Math.SQRT2, 12)
    expect(a.standardError).toBeCloseTo(Math.sqrt(0.125), 12)
    // σ²_trial = σ²_image = MS / 2 = 0.125, and t of so few trials reaches both ends.
    expect(a.components.trial).toBeCloseTo(0.125, 12)
    expect(a.components.image).toBeCloseTo(0.125, 12)
    expect(a.components.rest).toBeCloseTo(0, 12)
    expect(a.interval).toEqual([0, 1])
    expect(store.cells.get(id, 'b')).toMatchObject({ std: null, standardError: 0, trials: 1, interval: null })
    expect(store.cells.get(id, 'c')).toBeNull()
  })

  it('is incomplete while a trial lacks images', () => {
    const { store, id, record } = study({ images: 4 })
    const cells = record()
    cells.add(piece('a', 0, [0.5, 0.5]))
    cells.flush()
    expect(store.cells.get(id, 'a')).toMatchObject({ complete: false, images: 2, observations: 2 })
    cells.add(piece('a', 0, [0.5, 1], { from: 2 }))
    cells.flush()
    expect(store.cells.get(id, 'a')).toMatchObject({ complete: true, images: 4, mean: 0.625 })
  })

  it('of trials with images of their own counts the different ones', () => {
    const { store, id, record } = study({ images: 10, sampling: 'fresh' })
    const sets = trialImages(0, 10)
    const cells = record()
    for (let trial = 0; trial < 5; trial++) cells.add(piece('a', trial, [0.25, 0.5, 0.75]))
    cells.flush()
    const seen = new Set([0, 1, 2, 3, 4].flatMap((trial) => [...sets.of(trial, 3)]))
    expect(store.cells.get(id, 'a')).toMatchObject({ trials: 5, observations: 15, images: seen.size })
  })

  it('is the same when it was interrupted between any two pieces', () => {
    const pieces = [0, 1, 2].flatMap((trial) => [
      piece('a', trial, [0.1 * trial, 0.2]),
      piece('a', trial, [0.3, 0.7 - 0.1 * trial], { from: 2 })
    ])
    const whole = study({ images: 4 })
    const cells = whole.record()
    for (const each of pieces) cells.add(each)
    cells.flush()
    const parts = study({ images: 4 })
    for (const each of pieces) {
      const some = parts.record()
      some.add(each)
      some.flush()
    }
    expect(parts.store.cells.of(parts.id)).toEqual(whole.store.cells.of(whole.id))
  })

  it('loses a trial that has no result, with all its pieces', () => {
    const { store, id, record } = study({ images: 4 })
    const cells = record()
    cells.add(piece('a', 0, [0.5, 0.5, 0.5, 0.5]))
    cells.add(piece('a', 1, [1, 1]))
    cells.fail('a', 1)
    expect(store.cells.get(id, 'a')).toMatchObject({ mean: 0.5, trials: 1, complete: true })
    cells.fail('a', 0)
    expect(store.cells.of(id)).toEqual([])
    expect(store.measurements.trials(id)).toEqual([])
    cells.fail('a', 0)
    cells.add(piece('a', 0, [0.25, 0.25, 0.25, 0.25]))
    cells.flush()
    expect(store.cells.get(id, 'a')).toMatchObject({ mean: 0.25, trials: 1 })
  })

  it('keeps what came of its target until more is measured', () => {
    const { store, id, record } = study()
    const cells = record()
    cells.add(piece('a', 0, [0.5, 0.25]))
    expect(cells.conclude('a', 0.01, null)).toBe(true)
    expect(cells.conclude('a', 0.01, 'reached')).toBe(true)
    expect(cells.conclude('a', 0.01, 'reached')).toBe(false)
    cells.flush()
    expect(store.cells.get(id, 'a')).toMatchObject({ targetSe: 0.01, outcome: 'reached' })
    const later = record()
    expect(later.conclude('a', 0.01, 'reached')).toBe(false)
    later.add(piece('a', 1, [0.5, 0.5]))
    later.flush()
    expect(store.cells.get(id, 'a')).toMatchObject({ targetSe: 0.01, outcome: null })
  })

  it('that is behind its trials is renewed, the others are left', () => {
    const { store, id } = study()
    addTrial(store, id, 'a', 0, [0.25, 0.25])
    addTrial(store, id, 'b', 0, [0.5, 0.5])
    const b = store.cells.get(id, 'b')!
    store.cells.set(id, { ...b, mean: 0.125 })
    // As a process leaves it that is killed before it sums up.
    store.measurements.append(id, piece('a', 1, [0.75, 0.75]))
    store.measurements.append(id, piece('c', 0, [1, 1]))
    addTrial(store, id, 'd', 0, [0, 0])
    store.measurements.drop(id, 'd', 0)
    expect(
      store.cells
        .stale()
        .map(({ layer }) => layer)
        .sort()
    ).toEqual(['a', 'c', 'd'])
    renewCells(store)
    expect(store.cells.stale()).toEqual([])
    expect(store.cells.of(id).map(({ layer, mean, trials }) => [layer, mean, trials])).toEqual([
      ['a', 0.5, 2],
      ['b', 0.125, 1],
      ['c', 1, 1]
    ])
  })
})
