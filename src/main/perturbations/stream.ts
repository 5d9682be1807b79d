import { createHash } from 'node:crypto'
import { normalQuantile } from './normal'
import { philox, type Key } from './philox'

/** What a draw depends on, and all it depends on: not the model, not the order, not the machine. */
export interface StreamName {
  readonly seed: number
  readonly layer: string
  /** `weight`, `bias` … */
  readonly tensor: string
  readonly trial: number
}

/** A stream of random numbers that can be read from its start any number of times. */
export interface RandomStream {
  /** Fills with independent draws of N(mean, std²), rounded to float32. */
  normal(target: Float32Array, mean: number, std: number): Float32Array
  /** Fills with independent draws of U(−bound, bound), rounded to float32. */
  uniform(target: Float32Array, bound: number): Float32Array
}

function keyOf({ seed, layer, tensor, trial }: StreamName): Key {
  const digest = createHash('sha256')
    .update(`${String(seed)}\0${layer}\0${tensor}\0${String(trial)}`)
    .digest()
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)]
}

export function randomStream(name: StreamName): RandomStream {
  const key = keyOf(name)
  const fill = (target: Float32Array, transform: (u: number) => number): Float32Array => {
    const block = new Uint32Array(4)
    for (let start = 0, counter = 0; start < target.length; start += 4, counter++) {
      philox(counter, 0, 0, 0, key, block)
      const end = Math.min(4, target.length - start)
      // The middle of one of 2³² equal intervals of (0, 1).
      for (let i = 0; i < end; i++) target[start + i] = transform(((block[i] ?? 0) + 0.5) / 4294967296)
    }
    return target
  }
  return {
    normal: (target, mean, std) => fill(target, (u) => mean + std * normalQuantile(u)),
    uniform: (target, bound) => fill(target, (u) => (2 * u - 1) * bound)
  }
}
