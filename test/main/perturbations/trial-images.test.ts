/** Which images trials see: known answers, and what the design promises of them. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { trialImages } from '../../../src/main/perturbations/trial-images'
import { fixture } from '../../support/golden'

interface Case {
  readonly seed: number
  readonly pool: number
  readonly trial: number
  readonly images: number[]
}

/** Computed in Python from the description: test/fixtures/make_trial_images.py. */
const cases = JSON.parse(readFileSync(fixture('perturbations/trial_images.json'), 'utf8')) as Case[]

it.each(cases)('seed $seed, trial $trial of $pool images', ({ seed, pool, trial, images }) => {
  expect([...trialImages(seed, pool).of(trial, images.length)]).toEqual(images)
})

describe('of a pool of 5,000', () => {
  const images = trialImages(11, 5000)

  it('fewer images are the beginning of more, and all are different', () => {
    for (const trial of [0, 1, 17, 1999]) {
      const all = images.of(trial, 5000)
      expect(new Set(all).size).toBe(5000)
      for (const count of [0, 1, 7, 4999])
        expect([...images.of(trial, count)]).toEqual([...all.subarray(0, count)])
    }
  })

  it.each([
    [2, 950],
    [40, 54],
    [89, 23],
    [100, 21],
    [1000, 1]
  ])('%i trials of %i images share none', (trials, count) => {
    expect(trials * (count + 1)).toBeLessThanOrEqual(0.44 * 5000)
    const seen = Array.from({ length: trials }, (_, t) => [...images.of(t, count)]).flat()
    expect(new Set(seen).size).toBe(trials * count)
  })

  it.each([
    [1000, 10],
    [2000, 40],
    [333, 1000]
  ])('%i trials of %i images use all alike', (trials, count) => {
    const uses = new Int32Array(5000)
    for (let t = 0; t < trials; t++) for (const i of images.of(t, count)) uses[i]!++
    const expected = (trials * count) / 5000
    for (const use of uses) expect(Math.abs(use - expected)).toBeLessThanOrEqual(3)
  })

  it('another seed or another pool gives others', () => {
    const some = [...images.of(0, 20)]
    const other = (seed: number, pool: number): number =>
      [...trialImages(seed, pool).of(0, 20)].filter((image, i) => image === some[i]).length
    expect(other(12, 5000)).toBeLessThan(3)
    expect(other(11, 5001)).toBeLessThan(3)
  })
})

it('the permutation prefers no image: the first of 2,000 seeds is uniform', () => {
  const counts = new Float64Array(10)
  for (let seed = 0; seed < 2000; seed++) counts[trialImages(seed, 10).of(0, 1)[0]!]!++
  const chiSquare = counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)
  // 0.999 quantile of χ² with 9 degrees of freedom: 27.88 (tables).
  expect(chiSquare).toBeLessThan(27.88)
})

it('more images than the pool has are a mistake', () => {
  expect(() => trialImages(0, 5).of(0, 6)).toThrow(RangeError)
})
