import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { StudyStore, type Configuration } from '../../../src/main/store'
import { temporaryFolder } from '../../support/folder'
import { addTrial, configuration, metrics, storedModel } from '../../support/study'

function study(): StudyStore {
  const store = StudyStore.open(join(temporaryFolder(), 'study.linchpin'), { create: { name: 'Study' } })
  onTestFinished(() => store.close())
  return store
}

describe('a configuration', () => {
  // What the type allows one value of today is stored as text all the same.
  const other = {
    modelHash: 'other',
    treatment: 'other',
    evaluation: 'other',
    preparation: 'other',
    images: 3,
    unit: 'block',
    perturbation: 'zero',
    perturbationHash: 'other',
    scheme: 'matched',
    seed: 1,
    precision: 'float16',
    provider: 'webgpu'
  } as unknown as Partial<Configuration>

  it.each(Object.entries(other))('is another one with %s = %j', (key, value) => {
    const { results } = study()
    const first = results.findOrAdd(configuration())
    const changed = configuration({ [key]: value })
    expect(results.find(changed)).toBeNull()
    const second = results.findOrAdd(changed)
    expect(second).not.toBe(first)
    expect(results.findOrAdd(changed)).toBe(second)
    expect(results.configurations().length).toBe(2)
  })

  it.each([{ requestedScheme: 'torch' }, { versions: '{"linchpin":"9"}' }])('is the same with %j', (part) => {
    const { results } = study()
    const first = results.findOrAdd(configuration())
    expect(results.find(configuration(part))).toBe(first)
    expect(results.findOrAdd(configuration(part))).toBe(first)
    expect(results.configurations().length).toBe(1)
  })

  it('names every field of its key here', () => {
    const outside = ['requestedScheme', 'versions']
    expect([...Object.keys(other), ...outside].sort()).toEqual(Object.keys(configuration()).sort())
  })

  it('keeps the accuracy of the unperturbed network', () => {
    const { results } = study()
    const id = results.findOrAdd(configuration())
    expect(results.configurations()[0]).toMatchObject({ original_top1: null, original_loss: null })
    results.setOriginal(id, { top1: 0.5, top5: 1, loss: 1.25 })
    expect(results.configurations()[0]).toMatchObject({
      original_top1: 0.5,
      original_top5: 1,
      original_loss: 1.25
    })
  })
})

describe('a measurement', () => {
  it('is kept once: the first one stays', () => {
    const store = study()
    const id = store.results.findOrAdd(configuration())
    addTrial(store, id, 'a', 0, [0.25, 0.75])
    addTrial(store, id, 'a', 0, [1, 1])
    expect(store.results.trials(id)).toEqual([
      { configuration: id, layer: 'a', trial: 0, metrics: metrics(0.5) }
    ])
    expect(store.results.cells(id)).toMatchObject([{ layer: 'a', mean: 0.5, trials: 1 }])
    expect([...store.results.measured(id)]).toEqual(['a 0'])
  })

  it('keeps its distances bit for bit, in the order of trials', () => {
    const store = study()
    const id = store.results.findOrAdd(configuration())
    const rows: [number, number][] = [
      [0.1, 2 ** -149],
      [1 / 3, 1]
    ]
    addTrial(store, id, 'a', 1, rows[1]!)
    addTrial(store, id, 'a', 0, rows[0]!)
    expect(store.results.layerTrials(id, 'a').distances).toEqual(rows.map((row) => Float32Array.from(row)))
  })

  it('that is a view into a larger buffer is kept as it is', () => {
    const { results } = study()
    const id = results.findOrAdd(configuration())
    const distances = Float32Array.of(9, 9, 0.5, 0.25, 9).subarray(2, 4)
    results.add(id, { layer: 'a', trial: 0, metrics: metrics(0.375), distances, seconds: 1 }, () => ({
      mean: 0.375,
      std: null,
      standardError: null
    }))
    expect(results.layerTrials(id, 'a').distances).toEqual([Float32Array.of(0.5, 0.25)])
  })

  it('brings the summary of its layer up to date', () => {
    const store = study()
    const id = store.results.findOrAdd(configuration())
    addTrial(store, id, 'a', 0, [0, 0.5])
    addTrial(store, id, 'b', 0, [0.5, 0.5])
    addTrial(store, id, 'a', 1, [0.5, 1])
    const cells = new Map(store.results.cells(id).map((cell) => [cell.layer, cell]))
    expect(cells.size).toBe(2)
    // Means 0.25 and 0.75: standard deviation 0.5 / √2. MS_trial = MS_image = 0.25, no rest: √(0.5 / 4).
    expect(cells.get('a')).toMatchObject({ mean: 0.5, trials: 2, images: 2 })
    expect(cells.get('a')!.std).toBeCloseTo(0.5 / Math.SQRT2, 12)
    expect(cells.get('a')!.standardError).toBeCloseTo(Math.sqrt(0.125), 12)
    expect(cells.get('b')).toMatchObject({ mean: 0.5, std: null, standardError: 0, trials: 1 })
  })

  it('outlives its model, and comes back with it', () => {
    const store = study()
    const stored = storedModel('a')
    store.models.add(stored)
    const id = store.results.findOrAdd(configuration({ modelHash: stored.model.hash }))
    addTrial(store, id, 'a', 0, [0.25, 0.75])
    store.models.remove('a')
    expect(store.models.all()).toEqual([])
    expect(store.results.trials(id).length).toBe(1)
    store.models.add(stored)
    expect(store.results.find(configuration({ modelHash: stored.model.hash }))).toBe(id)
  })
})

describe('a series', () => {
  it('joins models, and parts what cannot stand in one chart; the largest first', () => {
    const store = study()
    const put = (part: Partial<Configuration>, trials: number): void => {
      const id = store.results.findOrAdd(configuration(part))
      for (let trial = 0; trial < trials; trial++) addTrial(store, id, 'a', trial, [0, 1])
    }
    put({ modelHash: 'one' }, 1)
    put({ modelHash: 'two', scheme: 'timm-resnet' }, 1)
    put({ perturbation: 'zero', scheme: '', requestedScheme: '' }, 4)
    put({ seed: 1 }, 3)
    put({ images: 1 }, 0)
    const series = store.results.series()
    expect(series.map(({ perturbation, seed, measurements }) => [perturbation, seed, measurements])).toEqual([
      ['zero', 0, 4],
      ['randomize', 1, 3],
      ['randomize', 0, 2]
    ])
    expect(new Set(series.map(({ id }) => id)).size).toBe(3)
  })
})
