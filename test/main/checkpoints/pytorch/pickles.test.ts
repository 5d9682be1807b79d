/** Pickles that Python wrote, and pickles that it would not read either. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ByteCursor, unpickle } from '../../../../src/main/checkpoints/pytorch/pickle'
import { isCompound, type Value } from '../../../../src/main/checkpoints/pytorch/pickle/values'
import { expectProblem } from '../../../support/problems'
import { cpuMilliseconds, pytorch } from './fixtures'

const made = JSON.parse(readFileSync(pytorch('pickles.json'), 'utf8')) as {
  readonly value: unknown
  readonly huge: Readonly<Record<string, string>>
  readonly pickles: readonly { protocol: number; value: string; huge: string }[]
}

function load(bytes: Uint8Array): Value {
  const surroundings = { reduce: () => undefined, persistent: (id: Value) => id }
  return unpickle(new ByteCursor(new Uint8Array(bytes), 'a.pkl'), surroundings)
}

function asJson(value: Value): unknown {
  if (typeof value === 'bigint') return String(value)
  if (!isCompound(value)) return value
  if (value.kind === 'dict')
    return Object.fromEntries([...(value.entries ?? [])].map(([k, v]) => [k, asJson(v)]))
  if (value.kind === 'list' || value.kind === 'tuple') return value.items.map(asJson)
  return value.kind
}

const assembled = (...parts: (string | number | readonly number[])[]): Uint8Array =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from([part].flat())))
  )

describe.each(made.pickles)('protocol $protocol', ({ value, huge }) => {
  it('gives the value that Python wrote', () => {
    expect(asJson(load(Buffer.from(value, 'hex')))).toEqual(made.value)
  })

  it('keeps integers of any size', () => {
    expect(asJson(load(Buffer.from(huge, 'hex')))).toEqual(made.huge)
  })

  it('cut anywhere is said to end early', async () => {
    const bytes = Buffer.from(huge, 'hex')
    for (let length = 0; length < bytes.length; length++) {
      await expectProblem(() => load(bytes.subarray(0, length)), 'FILE_TRUNCATED', 'a.pkl')
    }
  })
})

describe('operations that Python rarely writes', () => {
  it.each<[string, Uint8Array, unknown]>([
    ['INT as a truth value', assembled('(I00\nI01\nI7\nl.'), [false, true, 7]],
    ['DICT', assembled('(K', 1, 'K', 2, 'd.'), { 1: 2 }],
    ['SETITEM', assembled('}K', 1, 'K', 2, 's.'), { 1: 2 }],
    ['POP of a value', assembled('K', 1, 'K', 2, '0.'), 1],
    ['POP of a mark', assembled('K', 1, '(0.'), 1],
    ['POP_MARK', assembled('K', 1, '(K', 2, 'K', 3, '1.'), 1],
    ['DUP', assembled('K', 1, '2', 0x86, '.'), [1, 1]],
    ['PUT and GET', assembled('K', 5, 'p12\n0g12\n.'), 5],
    ['escapes', assembled("S'\\x41\\t\\'\\\\'\n."), "A\t'\\"],
    ['BINSTRING', assembled('(T', 2, 0, 0, 0, 'abU', 1, 'ct.'), ['ab', 'c']],
    ['infinities', assembled('(Finf\nF-inf\nF1e3\nt.'), [Infinity, -Infinity, 1000]],
    ['PERSID', assembled('Pthe id\n.'), 'the id'],
    ['LONG4', assembled(0x8b, 2, 0, 0, 0, 0, 0xff, '.'), -256],
    ['an empty LONG1', assembled(0x8a, 0, '.'), 0],
    ['BYTEARRAY8', assembled(0x96, 2, [0, 0, 0, 0, 0, 0, 0], 'ab.'), 'blob'],
    ['INST', assembled('(K', 1, 'ios\nsystem\n.'), 'object'],
    ['OBJ', assembled('(cos\nsystem\nK', 1, 'o.'), 'object'],
    ['NEWOBJ_EX', assembled('cos\nsystem\n)}', 0x92, '.'), 'object'],
    ['REDUCE of a call', assembled('cbuiltins\ngetattr\n)R)R.'), 'object'],
    ['STACK_GLOBAL', assembled(0x8c, 2, 'os', 0x8c, 6, 'system', 0x93, '.'), 'global'],
    ['ADDITEMS', assembled(0x8f, '(K', 1, 0x90, '.'), 'set']
  ])('%s', (_, bytes, value) => {
    expect(asJson(load(bytes))).toEqual(value)
  })

  it('text too long for a name is passed over', () => {
    const bytes = assembled('(X', [0, 0, 2, 0], 'x'.repeat(131072), 'V', 'y'.repeat(70_000), '\nK', 9, 't.')
    expect(asJson(load(bytes))).toEqual(['blob', 'blob', 9])
  })
})

describe('what is no pickle', () => {
  it.each<[string, Uint8Array, string]>([
    ['an unknown operation', assembled('K', 1, 0xff, '.'), '0xff'],
    ['protocol 6', assembled(0x80, 6, 'N.'), 'protocol 6'],
    ['a missing value', assembled('.'), 'takes a value'],
    ['a value below a mark', assembled('K', 1, '(0(a.'), 'takes a value'],
    ['a tuple of too few', assembled('(K', 1, 0x86, '.'), 'takes a value'],
    ['a group without a beginning', assembled('t.'), 'did not begin'],
    ['a key without a value', assembled('}(K', 1, 'u.'), 'without its value'],
    ['an entry of a number', assembled('K', 1, 'K', 2, 'K', 3, 's.'), 'sets entries of 1'],
    ['an item of a tuple', assembled(')K', 1, 'a.'), 'appends to a tuple'],
    ['a memory of nothing', assembled('h', 3, '.'), 'recalls value 3'],
    ['a number that is none', assembled('I1x\n.'), 'whole number'],
    ['a float that is none', assembled('F1x\n.'), 'a number is expected'],
    ['a place that is none', assembled('K', 1, 'p-1\n.'), 'a number is expected'],
    ['a string without quotes', assembled('Sab\n.'), 'without quotes'],
    ['a global named by numbers', assembled('K', 1, 'K', 2, 0x93, '.'), 'names a global'],
    ['EXT1', assembled(0x82, 1, '.'), 'EXT1'],
    ['EXT2', assembled(0x83, 1, 0, '.'), 'EXT2'],
    ['EXT4', assembled(0x84, 1, 0, 0, 0, '.'), 'EXT4'],
    ['NEXT_BUFFER', assembled(0x97, '.'), 'NEXT_BUFFER'],
    ['READONLY_BUFFER', assembled('N', 0x98, '.'), 'READONLY_BUFFER'],
    ['an integer of 2 GiB', assembled(0x8b, 0xff, 0xff, 0xff, 0x7f, '.'), 'integer of 2147483647 bytes'],
    ['a name of a megabyte', assembled('c', 'm'.repeat(1 << 20), '\nn\n.'), '1048576 characters']
  ])('%s', async (_, bytes, text) => {
    await expectProblem(() => load(bytes), 'FORMAT_INVALID', text)
  })
})

describe('a bomb is refused within a second and 200 MB', () => {
  const repeated = (count: number, ...parts: (string | number)[]): Uint8Array => {
    const part = assembled(...parts)
    return Buffer.alloc(part.length * count, part)
  }
  const length = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]
  it.each<[string, () => Uint8Array, string]>([
    ['2^60 bytes of text', () => assembled(0x8d, length), 'FILE_TRUNCATED'],
    ['2^60 bytes', () => assembled(0x8e, length), 'FILE_TRUNCATED'],
    ['4 GiB of text', () => assembled('X', [255, 255, 255, 255]), 'FILE_TRUNCATED'],
    ['lists', () => repeated(30_000_000, ']'), 'FORMAT_INVALID'],
    ['lists in lists', () => repeated(30_000_000, ']a'), 'FORMAT_INVALID'],
    ['dicts', () => repeated(30_000_000, '}'), 'FORMAT_INVALID'],
    ['marks', () => repeated(30_000_000, '('), 'FORMAT_INVALID'],
    ['numbers', () => repeated(30_000_000, 'N'), 'FORMAT_INVALID'],
    ['numbers dropped at once', () => repeated(30_000_000, 'N0'), 'FORMAT_INVALID'],
    ['tuples in tuples', () => assembled(')', repeated(20_000_000, '2', 0x86) as never), 'FORMAT_INVALID'],
    ['memories of nothing much', () => assembled('N', repeated(20_000_000, 0x94) as never), 'FORMAT_INVALID'],
    [
      'memories far apart',
      () =>
        Buffer.concat([
          Buffer.from('N'),
          ...Array.from({ length: 1_100_000 }, (_, i) =>
            assembled('r', [i & 255, (i >> 8) & 255, (i >> 16) & 255, i & 255])
          )
        ]),
      'FORMAT_INVALID'
    ],
    ['dicts of one entry', () => repeated(10_000_000, '}K', 1, 'K', 2, 's'), 'FORMAT_INVALID'],
    ['calls', () => assembled('cos\nsystem\n', repeated(20_000_000, ')R') as never), 'FORMAT_INVALID']
  ])('%s', async (_, make, code) => {
    const bytes = make()
    const before = process.memoryUsage().rss
    const start = cpuMilliseconds()
    await expectProblem(() => load(bytes), code as 'FORMAT_INVALID')
    expect(cpuMilliseconds() - start).toBeLessThan(1000)
    expect((process.memoryUsage().rss - before) / 1e6).toBeLessThan(200)
  })
})
