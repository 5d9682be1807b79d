import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import normalCdf from '@stdlib/stats-base-dists-normal-cdf'
import { describe, expect, it } from 'vitest'
import { normalQuantile } from '../../../src/main/perturbations/normal'
import { philox } from '../../../src/main/perturbations/philox'
import { randomStream, type StreamName } from '../../../src/main/perturbations/stream'
import { fixture } from '../../support/golden'

// Known answers of Random123, tests/kat_vectors, "philox4x32 10".
it.each([
  [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    '408f276d 41c83b0e a20bc7c6 6d5451fd'
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    'd16cfe09 94fdcceb 5001e420 24126ea1'
  ]
] as const)('Philox4x32-10 of %j with key %j', ([a, b, c, d], key, words) => {
  const out = new DataView(new ArrayBuffer(24))
  philox(a, b, c, d, key[0], key[1], out, 8)
  expect(
    [8, 12, 16, 20]
      .map((at) => out.getUint32(at, true))
      .map((word) => word.toString(16).padStart(8, '0'))
      .join(' ')
  ).toBe(words)
})

/** Of SciPy, checked against mpmath: test/fixtures/make_quantiles.py. */
const { quantiles } = JSON.parse(readFileSync(fixture('perturbations/quantiles.json'), 'utf8')) as {
  quantiles: { p: number; value: number }[]
}

describe('the normal quantile', () => {
  it('is given for dozens of probabilities, far into both tails', () => {
    expect(quantiles.length).toBeGreaterThan(40)
  })

  it.each(quantiles)('of $p is $value', ({ p, value }) => {
    expect(Math.abs(normalQuantile(p) / value - 1)).toBeLessThan(1e-14)
  })

  it('of one half is 0, and is odd about it', () => {
    expect(normalQuantile(0.5)).toBe(0)
    // 1 − p is exact for these.
    for (const p of [2 ** -40, 2 ** -10, 0.0625, 0.25, 0.375])
      expect(normalQuantile(1 - p)).toBe(-normalQuantile(p))
  })
})

interface Stream extends StreamName {
  readonly uniform: number[]
  readonly normal: number[]
  readonly uniform_sha256: string
  /** Of 0 … 12, and SHA-256 of 0 … 4095 as float32. */
  readonly shuffle: number[]
  readonly shuffle_sha256: string
}

/** Computed in Python from the description of the streams: test/fixtures/make_streams.py. */
const reference = JSON.parse(readFileSync(fixture('perturbations/streams.json'), 'utf8')) as {
  bound: number
  mean: number
  std: number
  long: number
  /** Of 0 … length − 1 as float32 by the first stream. */
  long_shuffle: { length: number; sha256: string }
  streams: Stream[]
}

describe.each(reference.streams)('the stream of $layer.$tensor, seed $seed, trial $trial', (stream) => {
  const { seed, layer, tensor, trial, uniform, normal } = stream
  const { bound, mean, std } = reference
  const random = randomStream({ seed, layer, tensor, trial })

  it('is the same everywhere, uniform', () => {
    expect([...random.uniform(new Float32Array(uniform.length), bound)]).toEqual(uniform)
  })

  it('is the same everywhere, to the last bit of thousands', () => {
    const bytes = new Uint8Array(random.uniform(new Float32Array(reference.long), bound).buffer)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(stream.uniform_sha256)
  })

  it('is the same everywhere, normal', () => {
    expect([...random.normal(new Float32Array(normal.length), mean, std)]).toEqual(normal)
  })

  it('is the same everywhere, a shuffle', () => {
    const counted = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i)
    expect([...random.shuffle(counted(stream.shuffle.length))]).toEqual(stream.shuffle)
    const bytes = new Uint8Array(random.shuffle(counted(reference.long)).buffer)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(stream.shuffle_sha256)
  })
})

it('a shuffle so long that words are rejected on the way is the same everywhere', () => {
  const { length, sha256 } = reference.long_shuffle
  const values = randomStream(reference.streams[0]!).shuffle(Float32Array.from({ length }, (_, i) => i))
  expect(createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex')).toBe(sha256)
})

const name: StreamName = { seed: 3, layer: 'layer1.0.conv1', tensor: 'weight', trial: 0 }
const normals = (n: number, part: Partial<StreamName> = {}): Float32Array =>
  randomStream({ ...name, ...part }).normal(new Float32Array(n), 0, 1)

/** Largest distance of the empirical distribution function from the given one. */
function kolmogorovSmirnov(values: Float32Array, cdf: (x: number) => number): number {
  return values.toSorted().reduce((most, value, i) => {
    const expected = cdf(value)
    return Math.max(most, expected - i / values.length, (i + 1) / values.length - expected)
  }, 0)
}

describe('100,000 draws', () => {
  const n = 100_000
  // Kolmogorov's distribution: exceeded by one of a thousand samples.
  const critical = 1.949 / Math.sqrt(n)

  it('are standard normal', () => {
    expect(kolmogorovSmirnov(normals(n), (x) => normalCdf(x, 0, 1))).toBeLessThan(critical)
  })

  it('are normal of the mean and deviation asked for', () => {
    const values = randomStream(name).normal(new Float32Array(n), -2, 0.125)
    expect(kolmogorovSmirnov(values, (x) => normalCdf(x, -2, 0.125))).toBeLessThan(critical)
  })

  it('are uniform between the bounds', () => {
    const values = randomStream(name).uniform(new Float32Array(n), 0.25)
    expect(kolmogorovSmirnov(values, (x) => 2 * x + 0.5)).toBeLessThan(critical)
    expect(values.every((value) => Math.abs(value) <= 0.25)).toBe(true)
  })
})

describe('draws of different names are independent', () => {
  const n = 40_000
  const first = normals(n)
  const correlation = (a: Float32Array, b: Float32Array): number => {
    const moment = (x: Float32Array, y: Float32Array): number =>
      x.reduce((sum, value, i) => sum + value * y[i]!, 0)
    return moment(a, b) / Math.sqrt(moment(a, a) * moment(b, b))
  }

  it.each([
    ['trial', { trial: 1 }],
    ['layer', { layer: 'layer1.0.conv2' }],
    ['tensor', { tensor: 'bias' }],
    ['seed', { seed: 4 }],
    ['layer that looks like another one’s tensor', { layer: 'layer1.0.conv1.weight', tensor: '' }],
    ['seed that begins alike', { seed: 31 }]
  ])('of another %s', (_, part) => {
    expect(Math.abs(correlation(first, normals(n, part)))).toBeLessThan(4 / Math.sqrt(n))
  })

  it.each([1, 2, 3, 4, 5, 64])('of one name, %i apart', (lag) => {
    expect(Math.abs(correlation(first.subarray(0, n - lag), first.subarray(lag)))).toBeLessThan(
      4 / Math.sqrt(n)
    )
  })
})

it('a stream begins anew each time, and a longer draw begins like a shorter one', () => {
  const stream = randomStream(name)
  const long = stream.normal(new Float32Array(1001), 0, 1)
  expect(stream.normal(new Float32Array(1001), 0, 1)).toEqual(long)
  expect(stream.normal(new Float32Array(10), 0, 1)).toEqual(long.slice(0, 10))
  expect(new Set(long).size).toBeGreaterThan(995)
})
