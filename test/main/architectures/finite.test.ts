import { expect, it } from 'vitest'
import { countNotFinite } from '../../../src/main/architectures/finite'

const LARGEST = 3.4028234663852886e38

it.each([
  [[], 0],
  [[0, -0, 1e-45, -1.5], 0],
  // IEEE 754: the largest float32, whose sum exceeds float32 but not float64.
  [[LARGEST, LARGEST, LARGEST, -LARGEST], 0],
  [[1, NaN, 2], 1],
  [[Infinity, 1, Infinity], 2],
  [[Infinity, -Infinity, NaN, 0], 3]
])('counts what is not finite in %j', (values, count) => {
  expect(countNotFinite(Float32Array.from(values))).toBe(count)
})
