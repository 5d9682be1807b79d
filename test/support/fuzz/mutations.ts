/** Damage to bytes of any format, and to the numbers and words of those that are text. */
import { oneOf, type Random } from './random'

type Mutation = (bytes: Buffer, other: Buffer, random: Random) => Buffer

/** Bytes that mean much in a pickle, a protobuf message, a zip archive or a length. */
const TELLING = [
  ...Buffer.from('.()]}RbQNKMJcqhrju0120els{}[]":,PK'),
  ...[0, 1, 2, 3, 5, 6, 8, 0x0a, 0x12, 0x2a, 0x3a, 0x4a, 0x7f, 0x80, 0x8a, 0x8b, 0x8d, 0x93, 0x95, 0xff]
]

const NUMBERS = [
  '0',
  '-1',
  '1',
  '4294967296',
  '9007199254740993',
  '1e999',
  '-0',
  '0.5',
  '00',
  '1152921504606846976'
]
const WORDS = [
  '""',
  'null',
  '{}',
  '[]',
  'true',
  '"__proto__"',
  '"../x"',
  '"F64"',
  '[[[[',
  '}',
  '"a":1,',
  '\\u0000',
  'F16'
]

const bytewise: readonly Mutation[] = [
  (bytes, _, random) => {
    bytes[random(bytes.length)]! ^= 1 << random(8)
    return bytes
  },
  (bytes, _, random) => {
    bytes[random(bytes.length)] = oneOf(random, TELLING)
    return bytes
  },
  (bytes, _, random) => {
    const at = random(bytes.length)
    return bytes.fill(random(2) * 255, at, Math.min(bytes.length, at + 1 + random(8)))
  },
  (bytes, _, random) => bytes.subarray(0, random(bytes.length) + 1),
  (bytes, _, random) => {
    const at = random(bytes.length)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(40))])
  },
  (bytes, _, random) => {
    const [from, to] = [random(bytes.length), random(bytes.length)]
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, from + random(60)), bytes.subarray(to)])
  },
  (bytes, other, random) => {
    const from = random(other.length)
    other.copy(bytes, random(bytes.length), from, from + 1 + random(60))
    return bytes
  },
  // An integer of 2, 4 or 8 bytes.
  (bytes, _, random) => {
    const value = Buffer.alloc(8)
    value.writeBigUInt64LE(
      oneOf(random, [0n, 1n, 2n ** 16n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 60n, 2n ** 63n])
    )
    value.copy(bytes, random(bytes.length), 0, 2 ** (1 + random(3)))
    return bytes
  }
]

/** Replaces one match of a pattern, if there is one, in text that bytes stand for one by one. */
const replacing =
  (pattern: RegExp, replacements: readonly string[]): Mutation =>
  (bytes, _, random) => {
    const text = bytes.toString('latin1')
    const found = [...text.matchAll(pattern)]
    if (found.length === 0) return bytes
    const match = oneOf(random, found)
    const end = match.index + match[0].length
    return Buffer.from(text.slice(0, match.index) + oneOf(random, replacements) + text.slice(end), 'latin1')
  }

const textual: readonly Mutation[] = [
  replacing(/\d+/g, NUMBERS),
  replacing(/"[^"]*"/g, WORDS),
  replacing(/[{}[\],:]/g, [...WORDS, ',', ''])
]

/** Up to four of them, one after the other. */
export function damaged(bytes: Buffer, other: Buffer, random: Random): Buffer {
  // Much of a header's text is at the beginning, whatever follows.
  const text = /^[\s\S]{0,8}[{]/.test(bytes.toString('latin1', 0, 12))
  const mutations = text && random(2) === 0 ? textual : bytewise
  let result = Buffer.from(bytes)
  for (let i = 0; i <= random(4); i++) {
    if (result.length > 0) result = Buffer.from(oneOf(random, mutations)(result, other, random))
  }
  return result
}
