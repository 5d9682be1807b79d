import { createHash } from 'node:crypto'
import { normalQuantile } from './normal'
import { BLOCK, multiplyHigh, philox, type Key } from './philox'

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
  /** Permutes in place, every order as likely as any other; values keep their bits. */
  shuffle(target: Float32Array): Float32Array
}

function keyOf({ seed, layer, tensor, trial }: StreamName): Key {
  const digest = createHash('sha256')
    .update(`${String(seed)}\0${layer}\0${tensor}\0${String(trial)}`)
    .digest()
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)]
}

/** Bytes of random words that are made at a time: they stay in the processor's cache. */
const CHUNK = 512 * BLOCK

export function randomStream(name: StreamName): RandomStream {
  const key = keyOf(name)
  return {
    normal: (target, mean, std) => {
      for (const { words, start, end } of chunks(key, target.length)) {
        for (let i = start, at = 0; i < end; i++, at += 4) {
          target[i] = mean + std * normalQuantile(middle(words.getUint32(at, true)))
        }
      }
      return target
    },
    uniform: (target, bound) => {
      for (const { words, start, end } of chunks(key, target.length)) {
        for (let i = start, at = 0; i < end; i++, at += 4) {
          target[i] = (2 * middle(words.getUint32(at, true)) - 1) * bound
        }
      }
      return target
    },
    // Fisher and Yates, from the end (Durstenfeld, CACM 7, 1964).
    shuffle: (target) => {
      const values = new DataView(target.buffer, target.byteOffset, target.byteLength)
      const integers = new Integers(key)
      for (let left = target.length; left > 1; left--) {
        const last = 4 * (left - 1)
        const chosen = 4 * integers.below(left)
        const moved = values.getUint32(chosen)
        values.setUint32(chosen, values.getUint32(last))
        values.setUint32(last, moved)
      }
      return target
    }
  }
}

/** Whole numbers from the words of a stream, one word each, more only where one is rejected. */
class Integers {
  private readonly key: Key
  private readonly words = new DataView(new ArrayBuffer(CHUNK))
  private at = CHUNK
  private block = 0

  constructor(key: Key) {
    this.key = key
  }

  /**
   * One of 0 … n − 1, all equally likely, n below 2³²: the upper word of a word's product with n. Source: Lemire, "Fast
   * random integer generation in an interval", ACM TOMACS 29 (2019).
   */
  below(n: number): number {
    for (;;) {
      const word = this.next()
      const low = Math.imul(word, n) >>> 0
      // 2³² mod n words too many fall on some of the numbers.
      if (low >= n || low >= (4294967296 - n) % n) return multiplyHigh(n >>> 16, n & 0xffff, word) >>> 0
    }
  }

  private next(): number {
    if (this.at === CHUNK) {
      fill(this.words, this.key, this.block, CHUNK / BLOCK)
      this.block += CHUNK / BLOCK
      this.at = 0
    }
    const word = this.words.getUint32(this.at, true)
    this.at += 4
    return word
  }
}

/** The middle of one of 2³² equal intervals of (0, 1). */
const middle = (word: number): number => (word + 0.5) / 4294967296

interface Chunk {
  /** Used again for the next chunk. */
  readonly words: DataView
  /** Of the numbers that they are for. */
  readonly start: number
  readonly end: number
}

function* chunks(key: Key, length: number): Generator<Chunk, void, void> {
  const words = new DataView(new ArrayBuffer(CHUNK))
  const numbers = CHUNK / 4
  for (let start = 0; start < length; start += numbers) {
    const end = Math.min(length, start + numbers)
    fill(words, key, start >>> 2, (end - start + 3) >>> 2)
    yield { words, start, end }
  }
}

function fill(words: DataView, [k0, k1]: Key, first: number, blocks: number): void {
  for (let i = 0; i < blocks; i++) philox((first + i) | 0, 0, 0, 0, k0 | 0, k1 | 0, words, i * BLOCK)
}
