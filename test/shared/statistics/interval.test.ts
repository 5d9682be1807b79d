/** Intervals of criticality, by their definition. */
import { describe, expect, it } from 'vitest'
import { CellStatistics, meanInterval } from '@shared/statistics'

describe('without skewness', () => {
  it("is Student's, cut to [0, 1]", () => {
    // t(0.975, 4) = 2.776445 (tables).
    const [low, high] = meanInterval(0.5, 0.1, 4)!
    expect(low).toBeCloseTo(0.5 - 0.2776445, 6)
    expect(high).toBeCloseTo(0.5 + 0.2776445, 6)
    expect(meanInterval(0.1, 0.1, 4)![0]).toBe(0)
    expect(meanInterval(0.9, 0.1, 4)![1]).toBe(1)
    expect(meanInterval(0.9, null, 4)).toBeNull()
    expect(meanInterval(0.9, 0.1, null)).toBeNull()
  })
})

describe('with skewness A', () => {
  it.each([0.4, 0.05, 1e-5, -0.2])('%d: both ends lie where the transformed pivot is ± t', (a) => {
    const g = (w: number): number => w + (a * w ** 2) / 3 + (a ** 2 * w ** 3) / 27 + a / 6
    const [low, high] = meanInterval(0.5, 0.05, 99, a)!
    // t(0.975, 99) = 1.984217 (tables).
    expect(g((0.5 - low) / 0.05)).toBeCloseTo(1.984217, 5)
    expect(g((0.5 - high) / 0.05)).toBeCloseTo(-1.984217, 5)
  })

  it('reaches further towards the long tail', () => {
    const [low, high] = meanInterval(0.5, 0.05, 99, 0.2)!
    expect(high - 0.5).toBeGreaterThan(0.5 - low + 0.02)
  })
})

describe('of a layer', () => {
  const cellOf = (means: readonly number[]): CellStatistics => {
    const cell = new CellStatistics()
    means.forEach((mean, t) => cell.add(t, [t], [mean]))
    return cell
  }
  const skewed = (trials: number): number[] =>
    Array.from({ length: trials }, (_, t) => (t % 10 === 0 ? 0.6 : 0.1))

  it('is corrected for two thirds of the skewness of 30 trials or more', () => {
    const { interval, mean, standardError, degreesOfFreedom } = cellOf(skewed(40)).summary()
    // One in ten at 0.6, else 0.1: μ₃ = 0.5³ · 0.1 · 0.9 · 0.8; s² = 0.5² · 0.09 · 40/39.
    const error = Math.sqrt((0.25 * 0.09 * 40) / 39 / 40)
    const asymmetry = ((2 / 3) * 0.125 * 0.072) / (40 ** 2 * error ** 3)
    expect(standardError).toBeCloseTo(error, 12)
    const expected = meanInterval(mean, error, 39, asymmetry)!
    expect(degreesOfFreedom).toBe(39)
    expect(interval![0]).toBeCloseTo(expected[0], 9)
    expect(interval![1]).toBeCloseTo(expected[1], 9)
    expect(interval![1] - mean).toBeGreaterThan(mean - interval![0])
  })

  it('of fewer trials is symmetric', () => {
    const { interval, mean } = cellOf(skewed(20)).summary()
    expect(interval![1] - mean).toBeCloseTo(mean - interval![0], 12)
  })
})
