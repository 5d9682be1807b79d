import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { StudyStore, type Configuration } from '../../../src/main/store'
import { temporaryFolder } from '../../support/folder'
import { addTrial, configuration } from '../../support/study'

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
    sampling: 'fresh',
    unit: 'block',
    kinds: 'conv',
    perturbation: 'zero',
    perturbationHash: 'other',
    scheme: 'matched',
    seed: 1,
    precision: 'float16',
    provider: 'webgpu'
  } as unknown as Partial<Configuration>

  it.each(Object.entries(other))('is another one with %s = %j', (key, value) => {
    const { configurations } = study()
    const first = configurations.findOrAdd(configuration())
    const changed = configuration({ [key]: value })
    expect(configurations.find(changed)).toBeNull()
    const second = configurations.findOrAdd(changed)
    expect(second).not.toBe(first)
    expect(configurations.findOrAdd(changed)).toBe(second)
    expect(configurations.all().length).toBe(2)
  })

  it.each([{ requestedScheme: 'torch' }, { versions: '{"linchpin":"9"}' }])('is the same with %j', (part) => {
    const { configurations } = study()
    const first = configurations.findOrAdd(configuration())
    expect(configurations.find(configuration(part))).toBe(first)
    expect(configurations.findOrAdd(configuration(part))).toBe(first)
    expect(configurations.all().length).toBe(1)
  })

  it('names every field of its key here', () => {
    const outside = ['requestedScheme', 'versions']
    expect([...Object.keys(other), ...outside].sort()).toEqual(Object.keys(configuration()).sort())
  })
})

describe('a series', () => {
  it('joins models, and parts what cannot stand in one chart; the largest first', () => {
    const store = study()
    const put = (part: Partial<Configuration>, trials: number): void => {
      const id = store.configurations.findOrAdd(configuration(part))
      for (let trial = 0; trial < trials; trial++) addTrial(store, id, 'a', trial, [0, 1])
    }
    put({ modelHash: 'one' }, 1)
    put({ modelHash: 'two', scheme: 'timm-resnet' }, 1)
    put({ perturbation: 'zero', scheme: '', requestedScheme: '' }, 4)
    put({ seed: 1 }, 3)
    put({ images: 1 }, 0)
    put({ unit: 'stage', kinds: 'conv,norm' }, 5)
    put({ sampling: 'fresh' }, 6)
    const series = store.configurations.series()
    expect(series.map(({ perturbation, seed, measurements }) => [perturbation, seed, measurements])).toEqual([
      ['randomize', 0, 6],
      ['randomize', 0, 5],
      ['zero', 0, 4],
      ['randomize', 1, 3],
      ['randomize', 0, 2]
    ])
    expect(new Set(series.map(({ id }) => id)).size).toBe(5)
    expect(series.map(({ unit, sampling, kinds }) => [unit, sampling, kinds])).toEqual([
      ['layer', 'fresh', undefined],
      ['stage', 'same', ['conv', 'norm']],
      ['layer', 'same', undefined],
      ['layer', 'same', undefined],
      ['layer', 'same', undefined]
    ])
  })
})
