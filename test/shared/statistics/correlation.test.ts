/** Against scipy.stats: test/fixtures/make_statistics.py. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { interval95, kendall, mean, populationStd, sampleStd, spearman } from '@shared/statistics'
import { ranks } from '../../../src/shared/statistics/correlation'
import { fixture } from '../../support/golden'

interface Case {
  readonly name: string
  readonly x: number[]
  readonly y: number[]
  readonly spearman: { readonly rho: number | null; readonly p: number | null }
  readonly kendall: { readonly tau: number | null; readonly p: number | null }
}

const reference = JSON.parse(readFileSync(fixture('statistics/expected.json'), 'utf8')) as {
  correlations: Case[]
  t_quantiles: { p: number; df: number; value: number }[]
}

/** To 1e-10 of the value; 0 and null must be met exactly. */
function expectNear(actual: number | null, wanted: number | null): void {
  if (wanted === null || wanted === 0 || actual === null) expect(actual).toBe(wanted)
  else expect(Math.abs(actual / wanted - 1)).toBeLessThan(1e-10)
}

describe.each(reference.correlations)('$name', ({ x, y, ...wanted }) => {
  it("Spearman's ρ and its p", () => {
    const { coefficient, p, n } = spearman(x, y)
    expectNear(coefficient, wanted.spearman.rho)
    expectNear(p, wanted.spearman.p)
    expect(n).toBe(x.length)
  })

  it("Kendall's τ-b and its p", () => {
    const { coefficient, p, n } = kendall(x, y)
    expectNear(coefficient, wanted.kendall.tau)
    expectNear(p, wanted.kendall.p)
    expect(n).toBe(x.length)
  })

  it('does not depend on which is which, and changes its sign with one of them', () => {
    const negative = y.map((value) => -value)
    for (const correlate of [spearman, kendall]) {
      const { coefficient, p } = correlate(x, y)
      const turned = correlate(y, x)
      if (coefficient === null || p === null) {
        expect(turned).toEqual(correlate(x, y))
        continue
      }
      expect(turned.coefficient).toBeCloseTo(coefficient, 14)
      expect(turned.p).toBeCloseTo(p, 14)
      expect(correlate(x, negative).coefficient).toBeCloseTo(-coefficient, 12)
      expect(correlate(x, negative).p).toBeCloseTo(p, 12)
    }
  })
})

it.each([spearman, kendall])('%o is undefined below two pairs', (correlate) => {
  expect(correlate([], [])).toEqual({ coefficient: null, p: null, n: 0 })
  expect(correlate([1], [2])).toEqual({ coefficient: null, p: null, n: 1 })
})

it('a perfect order of many has exactly 1, and stays in [-1, 1]', () => {
  const x = Array.from({ length: 47 }, (_, i) => i * 0.1)
  for (const correlate of [spearman, kendall]) {
    expect(correlate(x, x).coefficient).toBeCloseTo(1, 12)
    expect(correlate(x, x).coefficient).toBeLessThanOrEqual(1)
    expect(correlate(x, x.toReversed()).coefficient).toBeGreaterThanOrEqual(-1)
  }
})

it("Kendall's p of a perfect order is 2 / n!", () => {
  // Two of the n! orders are as extreme.
  const x = [1, 2, 3, 4, 5, 6, 7, 8]
  expectNear(kendall(x, x).p, 2 / 40320)
})

// scipy.stats.rankdata of the same lists.
it.each([
  [[], []],
  [[7], [1]],
  [
    [0, 2, 3, 2],
    [1, 2.5, 4, 2.5]
  ],
  [
    [5, 5, 5],
    [2, 2, 2]
  ],
  [
    [-1, 10, 9, -Infinity],
    [2, 4, 3, 1]
  ]
])('ranks of %j are %j', (values, wanted) => {
  expect(ranks(values)).toEqual(wanted)
})

describe("Student's t in 95 % intervals", () => {
  const quantiles = reference.t_quantiles.filter(({ p }) => p === 0.975)
  it.each(quantiles)('$df degrees of freedom: $value', ({ df, value }) => {
    // So small an error that neither end reaches 0 or 1.
    const [low, high] = interval95(0.5, 1e-4, df + 1)!
    expectNear((high - 0.5) / 1e-4, value)
    expectNear((0.5 - low) / 1e-4, value)
  })

  it('stay in [0, 1]', () => {
    expect(interval95(0.9, 0.5, 3)).toEqual([0, 1])
  })

  it('are unknown with one trial or no standard error', () => {
    expect(interval95(0.5, 0.1, 1)).toBeNull()
    expect(interval95(0.5, null, 9)).toBeNull()
  })
})

it('mean and standard deviations by hand', () => {
  // Squared deviations from 5: 9, 1, 1, 1, 0, 0, 4, 16; their sum is 32.
  const values = [2, 4, 4, 4, 5, 5, 7, 9]
  expect(mean(values)).toBe(5)
  expect(populationStd(values)).toBe(2)
  expect(sampleStd(values)).toBeCloseTo(Math.sqrt(32 / 7), 14)
  expect(sampleStd([3])).toBeNull()
  expect(populationStd([3])).toBe(0)
  expect(mean([])).toBeNaN()
})
