/** The standard error of a mean over trials and images, by algebra. */
import { describe, expect, it } from 'vitest'
import { summarise } from '@shared/statistics'

const summary = (trials: readonly (readonly number[])[]) =>
  summarise(trials.map((row) => Float32Array.from(row)))

describe('two trials of two images [[a, b], [c, d]]', () => {
  // MS_trial = ((a+b) − (c+d))² / 4, MS_image = ((a+c) − (b+d))² / 4, MS_rest = (a − b − c + d)² / 4;
  // Var = (MS_trial + MS_image − MS_rest) / 4, never below (the larger of the first two) / 4.
  it.each([
    // Both spreads, no interaction: 4, 1 and 0.
    [0, 1, 2, 3, 4 + 1 - 0],
    // Images alone differ: 0, 4 and 0.
    [1, 3, 1, 3, 4],
    // Trials alone differ: 9, 0 and 0.
    [0, 0, 3, 3, 9],
    // Interaction alone, 0, 0 and 1: the estimate would be negative.
    [0, 1, 1, 0, 0],
    // 6.25, 0.25 and 0.25.
    [0, 0, 2, 3, 6.25 + 0.25 - 0.25],
    // 1, 1 and 4: the larger mean square bounds it.
    [0, 3, 3, 2, 1]
  ])('[[%d, %d], [%d, %d]]', (a, b, c, d, squares) => {
    const result = summary([
      [a, b],
      [c, d]
    ])
    expect(result.standardError).toBeCloseTo(Math.sqrt(squares / 4), 12)
    expect(result.mean).toBeCloseTo((a + b + c + d) / 4, 12)
    expect(result.std).toBeCloseTo(Math.abs(a + b - c - d) / 2 / Math.SQRT2, 12)
  })
})

describe('three trials of four images', () => {
  it('without interaction, d[t][i] = x[t] + y[i], adds the variances of both means', () => {
    const x = [0, 3, 6]
    const y = [0.5, 1, 2, 4.5]
    const { standardError, mean, std } = summary(x.map((a) => y.map((b) => a + b)))
    // s²(x) = 9; s²(y) = ((−1.5)² + 1 + 0 + 2.5²) / 3 = 9.5 / 3.
    expect(standardError).toBeCloseTo(Math.sqrt(9 / 3 + 9.5 / 3 / 4), 12)
    expect(mean).toBeCloseTo(5, 12)
    expect(std).toBeCloseTo(3, 12)
  })

  it('with an interaction that sums to 0 by rows and columns takes its mean square off', () => {
    const x = [0, 3, 6]
    const y = [0.5, 1, 2, 4.5]
    const rest = [
      [0.5, -0.5, 0, 0],
      [-0.5, 0.5, 0, 0],
      [0, 0, 0, 0]
    ]
    const { standardError } = summary(x.map((a, t) => y.map((b, i) => a + b + rest[t]![i]!)))
    // MS_trial = 4 · 9, MS_image = 3 · 9.5 / 3, MS_rest = 4 · 0.25 / ((3 − 1)(4 − 1)); all over T · N = 12.
    expect(standardError).toBeCloseTo(Math.sqrt((36 + 9.5 - 1 / 6) / 12), 12)
  })
})

it('is unbiased: over all equally likely tables it estimates the true variance of the mean', () => {
  // d[t][i] = x[t] + y[i] with x, y drawn from {0, 1} and {0, 2}: Var(mean) = ¼ / 2 + 1 / 2 for two of each.
  const squares: number[] = []
  for (const x0 of [0, 1])
    for (const x1 of [0, 1])
      for (const y0 of [0, 2])
        for (const y1 of [0, 2])
          squares.push(
            summary([
              [x0 + y0, x0 + y1],
              [x1 + y0, x1 + y1]
            ]).standardError! ** 2
          )
  const average = squares.reduce((sum, value) => sum + value, 0) / squares.length
  expect(average).toBeCloseTo(0.25 / 2 + 1 / 2, 12)
})

it('of one trial is the spread over its images, and has no spread over trials', () => {
  // s² of 1, 2, 3, 4 is 5/3.
  const result = summary([[1, 2, 3, 4]])
  expect(result.standardError).toBeCloseTo(Math.sqrt(5 / 3 / 4), 12)
  expect(result.std).toBeNull()
  expect(result.mean).toBe(2.5)
})

it('of one image is unknown', () => {
  expect(summary([[0.25], [0.75]])).toMatchObject({ mean: 0.5, standardError: null })
  expect(summary([[0.25], [0.75]]).std).toBeCloseTo(0.5 / Math.SQRT2, 12)
})

it('of equal distances is 0', () => {
  const row = [0.25, 0.25, 0.25]
  expect(summary([row, row])).toEqual({ mean: 0.25, std: 0, standardError: 0 })
  expect(summary([row])).toEqual({ mean: 0.25, std: null, standardError: 0 })
})
