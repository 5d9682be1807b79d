import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultBatch } from '../../../src/main/application/batch'
import { matchesAny } from '../../../src/main/application/patterns'
import { ProgressMeter } from '../../../src/main/application/progress'
import { RecentStudies } from '../../../src/main/application/recent'
import { temporaryFolder } from '../../support/folder'

// What each pattern takes and leaves, by the rule: * any characters, ? one.
it.each([
  [[], 'anything', true],
  [['conv1'], 'conv1', true],
  [['conv1'], 'layer1.0.conv1', false],
  [['layer1.*'], 'layer1.0.conv1', true],
  [['layer1.*'], 'layer10.conv1', false],
  [['layer?.0.conv*'], 'layer3.0.conv2', true],
  [['layer?.0.conv*'], 'layer13.0.conv2', false],
  [['a', '*fc'], 'head.fc', true],
  [['a+b (1)'], 'a+b (1)', true],
  [['[ab]'], 'a', false],
  [['*'], '', true]
])('%j matches %j: %s', (patterns, name, matches) => {
  expect(matchesAny(patterns, name)).toBe(matches)
})

describe('progress', () => {
  function meter(): { meter: ProgressMeter; after: (milliseconds: number) => void } {
    let now = 1000
    return { meter: new ProgressMeter(4, 1000, () => now), after: (milliseconds) => (now += milliseconds) }
  }

  it('has no rate before anything was done', () => {
    expect(meter().meter.read()).toMatchObject({
      units: 0,
      totalUnits: 4,
      passes: 0,
      rate: null,
      secondsLeft: null
    })
  })

  it('has the rate of the time so far, and the time left at it', () => {
    const { meter: m, after } = meter()
    after(2000)
    m.passed(100)
    m.finishedUnit()
    m.at('model', 'conv1', 2)
    // 100 in 2 s; 900 are left.
    expect(m.read()).toEqual({
      units: 1,
      totalUnits: 4,
      passes: 100,
      totalPasses: 1000,
      rate: 50,
      secondsLeft: 18,
      model: 'model',
      layer: 'conv1',
      trial: 2
    })
  })

  it('forgets how slow the beginning was', () => {
    const { meter: m, after } = meter()
    after(60_000)
    m.passed(10)
    for (let i = 0; i < 20; i++) {
      after(1000)
      m.passed(20)
    }
    expect(m.read().rate).toBeCloseTo(20, 12)
  })

  it('never has less than nothing left', () => {
    const { meter: m, after } = meter()
    after(1000)
    m.passed(1500)
    expect(m.read().secondsLeft).toBe(0)
  })
})

it('a batch holds 16 images of 224 × 224, at least one and at most 256', () => {
  expect(defaultBatch(224, 224)).toBe(16)
  expect(defaultBatch(448, 448)).toBe(4)
  expect(defaultBatch(4096, 4096)).toBe(1)
  expect(defaultBatch(32, 32)).toBe(256)
})

describe('recent studies', () => {
  it('are listed newest first, once each, as long as they are there', () => {
    const folder = temporaryFolder()
    const recent = new RecentStudies(join(folder, 'recent.json'))
    expect(recent.any).toBe(false)
    const [a, b] = ['a', 'b'].map((name) => join(folder, name)) as [string, string]
    writeFileSync(a, '')
    writeFileSync(b, '')
    recent.add('A', a)
    recent.add('B', b)
    recent.add('Gone', join(folder, 'gone'))
    recent.add('A again', a)
    expect(recent.list().map(({ name }) => name)).toEqual(['A again', 'B'])
    expect(recent.any).toBe(true)
  })

  it.each(['', '{', '[{"name": 3}]'])('of a damaged list (%j) are none', (text) => {
    const path = join(temporaryFolder(), 'recent.json')
    writeFileSync(path, text)
    expect(new RecentStudies(path).list()).toEqual([])
  })
})
