import { expect, it } from 'vitest'
import { holm } from '@shared/statistics'

it('multiplies the smallest by the number of tests, the next by one less, and never falls', () => {
  // By hand: 0.005 · 4, 0.01 · 3, 0.03 · 2, and 0.04 · 1, which may not be less than 0.06.
  const corrected = holm([0.01, 0.04, 0.03, 0.005])
  ;[0.03, 0.06, 0.06, 0.02].forEach((value, i) => expect(corrected[i]).toBeCloseTo(value, 15))
})

it('leaves what is no test out, and stops at 1', () => {
  expect(holm([null, 0.4, null, 0.9])).toEqual([null, 0.8, null, 0.9])
  expect(holm([0.6, 0.7])).toEqual([1, 1])
  expect(holm([])).toEqual([])
})
