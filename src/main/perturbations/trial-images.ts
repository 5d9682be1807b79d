import { createHash } from 'node:crypto'
import { BLOCK, philox, type Key } from './philox'

/** (√5 − 1) / 2: multiples of it, less their integer part, stay evenly spread over [0, 1) however many are taken. */
const GOLDEN = 0.6180339887498949

/** Which images each trial sees where trials see other images: depends on the seed, the pool's size and the trial alone. */
export interface TrialImages {
  /**
   * The first `count` images of a trial, all different, in the order in which it sees them: a smaller count is their
   * beginning. Trials share no image while trials · (count + 1) ≤ 0.44 · pool, and use all images evenly beyond.
   */
  of(trial: number, count: number): Uint32Array
}

/**
 * A seeded permutation of the pool; trial t takes images from place ⌊frac((t + 1)(√5 − 1)/2) · pool⌋ of it on, around
 * its end. Key of the permutation: the first two 32-bit words, little endian, of SHA-256 over "seed\0images\0pool" (no
 * stream of parameters has such a name); it is shuffled by Fisher and Yates from its last place down, place i with place
 * ⌊w (i + 1) / 2³²⌋, w the next word of Philox4x32-10 over counters (0, 0, 0, 0), (1, 0, 0, 0) …
 * @param pool number of images, less than 2²¹.
 */
export function trialImages(seed: number, pool: number): TrialImages {
  const order = permutation(keyOf(seed, pool), pool)
  return {
    of(trial, count) {
      if (count > pool) throw new RangeError(`${String(count)} images of a pool of ${String(pool)}`)
      const start = Math.floor((((trial + 1) * GOLDEN) % 1) * pool)
      const images = new Uint32Array(count)
      const beforeEnd = order.subarray(start, start + count)
      images.set(beforeEnd)
      images.set(order.subarray(0, count - beforeEnd.length), beforeEnd.length)
      return images
    }
  }
}

function keyOf(seed: number, pool: number): Key {
  const digest = createHash('sha256')
    .update(`${String(seed)}\0images\0${String(pool)}`)
    .digest()
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)]
}

function permutation([k0, k1]: Key, length: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i)
  const words = new DataView(new ArrayBuffer(BLOCK))
  for (let i = length - 1, drawn = 0; i > 0; i--, drawn++) {
    if (drawn % 4 === 0) philox(drawn / 4, 0, 0, 0, k0, k1, words, 0)
    // Exact in float64: the product is below 2⁵³. Images are preferred by less than pool / 2³².
    const j = Math.floor((words.getUint32(4 * (drawn % 4), true) * (i + 1)) / 4294967296)
    const image = order[i] ?? 0
    order[i] = order[j] ?? 0
    order[j] = image
  }
  return order
}
