/** Draws against their distribution, and against each other. Seeds are fixed: these tests pass always or never. */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf'
import { describe, expect, it } from 'vitest'
import { randomStream, type StreamName } from '../../../src/main/perturbations/stream'

const name: StreamName = { seed: 20, layer: 'layer4.0.conv2', tensor: 'weight', trial: 0 }
const normals = (n: number, part: Partial<StreamName> = {}): Float32Array =>
  randomStream({ ...name, ...part }).normal(new Float32Array(n), 0, 1)
/** In (−1, 1). */
const uniforms = (n: number, part: Partial<StreamName> = {}): Float32Array =>
  randomStream({ ...name, ...part }).uniform(new Float32Array(n), 1)
const cdf = (x: number): number => normalCdf(x, 0, 1)

const sum = (values: Iterable<number>): number => {
  let total = 0
  for (const value of values) total += value
  return total
}
const power = (values: Float32Array, exponent: number): number =>
  sum(Array.from(values, (value) => value ** exponent)) / values.length

/** Sum of products, as far as the first goes. */
const product = (a: Float32Array, b: Float32Array): number => sum(Array.from(a, (x, i) => x * b[i]!))

/** √n times the largest distance from the distribution function: 1.949 is exceeded once in 1000 samples. */
function kolmogorov(values: Float32Array, distribution: (x: number) => number): number {
  const n = values.length
  const distances = values.toSorted().map((value, i) => {
    const expected = distribution(value)
    return Math.max(expected - i / n, (i + 1) / n - expected)
  })
  return Math.sqrt(n) * distances.reduce((most, value) => Math.max(most, value), 0)
}
const CRITICAL = 1.949

/** Of counts that should be equal. */
function chiSquare(counts: readonly number[]): number {
  const expected = sum(counts) / counts.length
  return sum(counts.map((count) => (count - expected) ** 2 / expected))
}

describe('a million draws', () => {
  const n = 1_000_000

  it('have the moments of the standard normal', () => {
    const values = normals(n)
    // The variances of the first four powers are 1, 2, 15 and 96.
    expect(Math.abs(power(values, 1))).toBeLessThan(4 * Math.sqrt(1 / n))
    expect(Math.abs(power(values, 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
    expect(Math.abs(power(values, 3))).toBeLessThan(4 * Math.sqrt(15 / n))
    expect(Math.abs(power(values, 4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n))
  })

  it('have the moments of the uniform', () => {
    const values = uniforms(n)
    // E x² = 1/3, Var x² = 1/5 − 1/9.
    expect(Math.abs(power(values, 1))).toBeLessThan(4 * Math.sqrt(1 / 3 / n))
    expect(Math.abs(power(values, 2) - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / n))
  })

  it('reach into the tails as often as they should', () => {
    // Beyond ±4: 2 Φ(−4) = 6.334e-5, 63.3 ± 8.0 of a million.
    const far = normals(n).filter((value) => Math.abs(value) > 4).length
    expect(Math.abs(far - 63.34)).toBeLessThan(4 * Math.sqrt(63.34))
  })

  it('fill the unit square evenly, each with the next', () => {
    const values = uniforms(n)
    const counts = Array<number>(256).fill(0)
    const cell = (value: number): number => Math.min(15, Math.floor((value + 1) * 8))
    for (let i = 0; i + 1 < n; i += 2) counts[16 * cell(values[i]!) + cell(values[i + 1]!)]!++
    // 255 degrees of freedom: 330.5 is exceeded once in 1000 samples.
    expect(chiSquare(counts)).toBeLessThan(330.5)
  })
})

describe('what differs by trial, layer, tensor or seed', () => {
  const each: readonly [string, (i: number) => Partial<StreamName>][] = [
    ['trial', (trial) => ({ trial })],
    ['seed', (seed) => ({ seed })],
    ['layer', (i) => ({ layer: `layer1.${String(i)}.conv1` })]
  ]

  it.each(each)(
    'one parameter over 5,000 %ss is normal, and its neighbour has nothing to do with it',
    (_, part) => {
      const n = 5000
      const pairs = Array.from({ length: n }, (__, i) => normals(2, part(i)))
      const [first, second] = [0, 1].map((at) => Float32Array.from(pairs, (pair) => pair[at]!))
      expect(kolmogorov(first!, cdf)).toBeLessThan(CRITICAL)
      expect(kolmogorov(second!, cdf)).toBeLessThan(CRITICAL)
      expect(Math.abs(product(first!, second!) / n)).toBeLessThan(4 / Math.sqrt(n))
      // One trial, and the next.
      expect(Math.abs(product(first!.subarray(1), first!) / n)).toBeLessThan(4 / Math.sqrt(n))
    }
  )

  it('is uncorrelated in every pair of 24 streams', () => {
    const n = 4000
    const streams = [0, 1, 2].flatMap((seed) =>
      ['conv1', 'fc'].flatMap((layer) =>
        ['weight', 'bias'].flatMap((tensor) =>
          [0, 1].map((trial) => normals(n, { seed, layer, tensor, trial }))
        )
      )
    )
    const scores = streams.flatMap((a, i) => streams.slice(i + 1).map((b) => product(a, b) / Math.sqrt(n)))
    expect(scores.length).toBe(276)
    // Standard normal each: beyond 4.5 one of them in 500 such tables, and 276 squares sum to 276 ± 4·√552.
    expect(Math.max(...scores.map(Math.abs))).toBeLessThan(4.5)
    expect(Math.abs(sum(scores.map((score) => score ** 2)) - 276)).toBeLessThan(4 * Math.sqrt(552))
  })

  it('has distances from the distribution that are themselves distributed as they should be', () => {
    // Kolmogorov's distribution: median 0.8276, upper tenth from 1.2238 on.
    const distances = Array.from({ length: 400 }, (_, trial) => kolmogorov(normals(1000, { trial }), cdf))
    const beyond = (limit: number): number => distances.filter((distance) => distance > limit).length
    expect(Math.abs(beyond(0.8276) - 200)).toBeLessThan(4 * 10)
    expect(Math.abs(beyond(1.2238) - 40)).toBeLessThan(4 * 6)
  })
})

describe('a shuffle', () => {
  const shuffled = (n: number, trial: number): Float32Array =>
    randomStream({ ...name, trial }).shuffle(Float32Array.from({ length: n }, (_, i) => i))

  it('gives every order equally often', () => {
    const counts = new Map<string, number>()
    for (let trial = 0; trial < 12_000; trial++) {
      const key = shuffled(4, trial).join()
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    // 23 degrees of freedom: 49.73 is exceeded once in 1000 samples.
    expect(chiSquare([...counts.values()])).toBeLessThan(49.73)
  })

  it('puts every value everywhere', () => {
    const n = 10
    const counts = Array<number>(n * n).fill(0)
    for (let trial = 0; trial < 5000; trial++)
      shuffled(n, trial).forEach((value, at) => counts[n * at + value]!++)
    // Rows and columns have fixed sums: 81 degrees of freedom; 126.1 (scaled by 9/10) is exceeded once in 1000 tables.
    expect(0.9 * chiSquare(counts)).toBeLessThan(126.1)
  })

  it('keeps every value, and leaves hardly one where it was', () => {
    const n = 100_000
    const values = shuffled(n, 0)
    expect(values.toSorted()).toEqual(Float32Array.from({ length: n }, (_, i) => i))
    // Fixed points are Poisson with mean 1: more than 6 once in 12,000.
    expect(values.filter((value, i) => value === i).length).toBeLessThan(7)
  })

  it('keeps bits: signs of zeros, values that are not numbers', () => {
    const bits = Uint32Array.from([0x80000000, 0x7fc00001, 0xff800000, 0x00000001, 0xffc12345, 0])
    const values = randomStream(name).shuffle(new Float32Array(bits.slice().buffer))
    const after = new Uint32Array(values.buffer)
    expect(after.toSorted()).toEqual(bits.toSorted())
    expect(after).not.toEqual(bits)
  })
})
