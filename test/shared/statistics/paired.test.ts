/** Differences of two models under common random numbers, against SciPy and by algebra. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { pairedDifference, type TrialDistances } from '@shared/statistics'
import { fixture } from '../../support/golden'
import { seeded } from '../../support/random'

/** Of scipy.stats.ttest_rel: test/fixtures/make_paired.py. */
const { cases } = JSON.parse(readFileSync(fixture('statistics/paired.json'), 'utf8')) as {
  cases: {
    first: number[]
    second: number[]
    statistic: number
    p: number
    df: number
    low: number
    high: number
    unpaired_se: number
  }[]
}

const single = (values: readonly number[]): TrialDistances[] =>
  values.map((value, t) => ({ trial: t, images: [t], distances: [value] }))

describe('trials of one image of their own: the paired t test', () => {
  it.each(cases)(
    'of $first.length trials',
    ({ first, second, statistic, p, df, low, high, unpaired_se: unpaired }) => {
      const result = pairedDifference(single(first), single(second))!
      expect(result.difference / result.standardError!).toBeCloseTo(statistic, 9)
      expect(result.p).toBeCloseTo(p, 9)
      expect(result).toMatchObject({ degreesOfFreedom: df, pairs: first.length, observations: first.length })
      expect(result.interval![0]).toBeCloseTo(Math.max(-1, low), 9)
      expect(result.interval![1]).toBeCloseTo(Math.min(1, high), 9)
      expect(result.unpairedStandardError).toBeCloseTo(unpaired, 12)
      expect(result.gain).toBeCloseTo((unpaired / result.standardError!) ** 2, 9)
    }
  )
})

it('images and trials that do the same to both fall out', () => {
  const random = seeded(2)
  const images = Array.from({ length: 50 }, () => 0.2 * random.normal())
  const model = (shift: number, scale: number): TrialDistances[] =>
    [0.1, -0.1, 0.05, -0.05].map((trial, t) => ({
      trial: t,
      images: { start: 0, count: 50 },
      distances: images.map((image) => 0.5 + shift + trial + image + scale * trial)
    }))
  const alike = pairedDifference(model(0.03, 0), model(0, 0))!
  expect(alike.difference).toBeCloseTo(0.03, 12)
  expect(alike.standardError).toBeLessThan(1e-12)
  // The difference is 0.03 + trial / 2, s² of the trials 0.025 / 3.
  const stronger = pairedDifference(model(0.03, 0.5), model(0, 0))!
  expect(stronger.standardError).toBeCloseTo(Math.sqrt(0.025 / 3 / 4) / 2, 12)
  expect(stronger.degreesOfFreedom).toBeCloseTo(3, 9)
})

it('only trials and images that both have count', () => {
  const first: TrialDistances[] = [
    { trial: 0, images: [4, 9, 2], distances: [0.5, 0.7, 0.1] },
    { trial: 1, images: { start: 10, count: 3 }, distances: [0.4, 0.5, 0.6] },
    { trial: 7, images: [1], distances: [0.9] }
  ]
  const second: TrialDistances[] = [
    { trial: 1, images: [12, 11], distances: [0.5, 0.3] },
    { trial: 0, images: [9, 4], distances: [0.4, 0.3] },
    { trial: 8, images: [1], distances: [0.1] }
  ]
  const result = pairedDifference(first, second)!
  // Trial 0: 0.2 and 0.3; trial 1: 0.2 and 0.1.
  expect(result.difference).toBeCloseTo((0.25 + 0.15) / 2, 12)
  expect(result).toMatchObject({ pairs: 2, observations: 4 })
  expect(pairedDifference(first.slice(2), second)).toBeNull()
})

it('models alike differ by nothing, with certainty', () => {
  const trials = single([0.1, 0.4, 0.3])
  expect(pairedDifference(trials, trials)).toMatchObject({
    difference: 0,
    standardError: 0,
    p: 1,
    gain: null
  })
  expect(pairedDifference(single([0.5]), single([0.25]))).toMatchObject({
    difference: 0.25,
    interval: null,
    p: null
  })
})
