import { LinchpinError } from '@shared/errors'
import type { EvaluationRequest } from '@shared/contract/evaluation'

/** A source of uniform 32-bit integers. */
type Random = () => number

/** In which order images are tried, and how many of them make the set: the first `count` that can be read. */
export interface Selection {
  readonly order: readonly number[]
  readonly count: number
}

/**
 * Chooses images by index. `all` takes every one in file order. Otherwise they are shuffled (Fisher–Yates with
 * xoshiro128**, seeded by splitmix64: the order depends on the seed and the number of images alone) and the first
 * `count` are taken. `stratified` then deals them out in rounds, one image of each class that has some left, so
 * that every beginning of the order holds equal shares, within one image, as far as the classes reach.
 * @param labels one for each image, or null
 * @throws LinchpinError OPTION_INVALID for `stratified` without labels
 */
export function selectImages(
  available: number,
  labels: readonly number[] | null,
  request: Pick<EvaluationRequest, 'count' | 'seed' | 'stratified' | 'all'>
): Selection {
  if (request.stratified && labels === null) {
    throw new LinchpinError(
      'OPTION_INVALID',
      '"stratified" takes equal shares of classes, and there are no labels.',
      {
        fix: 'Give a labels file with --labels, or leave out --stratified.'
      }
    )
  }
  if (request.all) return { order: Array.from({ length: available }, (_, index) => index), count: available }
  const shuffled = shuffle(available, xoshiro128(request.seed))
  const order = request.stratified && labels !== null ? dealByClass(shuffled, labels) : shuffled
  return { order, count: Math.min(request.count, available) }
}

/** 0 … n − 1 in random order. */
function shuffle(n: number, random: Random): number[] {
  const order = Array.from({ length: n }, (_, index) => index)
  for (let last = n - 1; last > 0; last--) {
    const chosen = below(last + 1, random)
    const value = order[chosen] ?? 0
    order[chosen] = order[last] ?? 0
    order[last] = value
  }
  return order
}

/** The k-th image of every class comes before the (k + 1)-th of any; within a round the order stays. */
function dealByClass(order: readonly number[], labels: readonly number[]): number[] {
  const taken = new Map<number, number>()
  const rounds: number[][] = []
  for (const index of order) {
    const label = labels[index] ?? 0
    const round = taken.get(label) ?? 0
    taken.set(label, round + 1)
    const images = rounds[round]
    if (images === undefined) rounds.push([index])
    else images.push(index)
  }
  return rounds.flat()
}

/** A uniform integer in [0, n): draws that would favour small ones are thrown away. */
function below(n: number, random: Random): number {
  const limit = 2 ** 32 - (2 ** 32 % n)
  for (;;) {
    const value = random()
    if (value < limit) return value % n
  }
}

/** Blackman and Vigna's xoshiro128** 1.1 (https://prng.di.unimi.it/), its state from two draws of splitmix64. */
function xoshiro128(seed: number): Random {
  const [low, high] = [splitmix64(seed, 1), splitmix64(seed, 2)]
  return xoshiro128From([low & 0xffffffffn, low >> 32n, high & 0xffffffffn, high >> 32n].map(Number))
}

/** @param state four 32-bit integers, not all 0 */
export function xoshiro128From(state: readonly number[]): Random {
  let [a = 0, b = 0, c = 0, d = 0] = state
  return () => {
    const scrambled = Math.imul(b, 5)
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result
  }
}

/** The n-th draw (from 1) of Steele, Lea and Flood's splitmix64. */
export function splitmix64(seed: number, n: number): bigint {
  let z = BigInt.asUintN(64, BigInt(seed) + BigInt(n) * 0x9e3779b97f4a7c15n)
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n)
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn)
  return z ^ (z >> 31n)
}
