/**
 * Files made to fill the memory, to take for ever, or to run something. Each is opened, and all that it says it has
 * is read, in a process of its own: its peak is the file's doing.
 */
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeModel } from '../../../src/main/graph'
import { bundle } from '../../support/child/bundle'
import { Opener } from '../../support/child/opener'
import { lastingFolder, temporaryFolder } from '../../support/folder'
import { classifier } from '../../support/graphs'
import { fileBytes } from '../../support/safetensors'
import { folderOf } from './fixtures'
import { archive, dict, pickle, raw, SIX, stream, tensor, type Pickled } from './pytorch/writer'
import { zip } from './pytorch/zips'

const MOST_MEGABYTES = 200
/** A watchdog, not a measurement: the machine may be busy. Alone, each takes less than one. */
const MOST_SECONDS = 10

let opener: Opener
beforeAll(async () => {
  opener = new Opener(await bundle('test/support/child/open.ts', lastingFolder()))
})
afterAll(() => opener.stop())

async function refused(path: string, code: string, fact = ''): Promise<void> {
  const cost = await opener.costOf(path)
  expect(cost.code, cost.message).toBe(code)
  expect(cost.message).toContain(fact)
  expect(cost.megabytes).toBeLessThan(MOST_MEGABYTES)
  expect(cost.seconds).toBeLessThan(MOST_SECONDS)
}

type Make = () => Uint8Array

const written = (bytes: Uint8Array, name: string): string => join(folderOf({ [name]: bytes }), name)

/** A sparse file: so many bytes cost nothing to write. */
function sparse(head: Uint8Array, size: number, name: string): string {
  const path = written(head, name)
  truncateSync(path, size)
  return path
}

const HEADER = 2 ** 24 - 1000

describe('safetensors', () => {
  const header = (text: string, data = 0): Uint8Array => fileBytes(text, new Uint8Array(data))
  const entry = (part: string): string => `{"a": {"dtype": "F32", ${part}, "data_offsets": [0, 4]}}`
  const tensors = (count: number): string =>
    `{${Array.from({ length: count }, (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join(',')}}`

  it.each<[string, Make, string, string]>([
    ['a header of 2^60 bytes', () => fileBytes('{}', new Uint8Array(9), 2n ** 60n), 'FORMAT_UNKNOWN', ''],
    ['a header nested deeply', () => header(`{"a": {"x": ${'['.repeat(HEADER)}`), 'FORMAT_INVALID', 'levels'],
    ['objects nested deeply', () => header('{"a":'.repeat(HEADER / 5)), 'FORMAT_INVALID', 'levels'],
    [
      'metadata of objects',
      () => header(`{"__metadata__": {"a": [${'{},'.repeat(HEADER / 3)}`),
      'FORMAT_INVALID',
      'no JSON'
    ],
    [
      'metadata without end',
      () => header(`{"__metadata__": {${'"a":"b",'.repeat(HEADER / 8)}`),
      'FORMAT_INVALID',
      'no JSON'
    ],
    ['a name without end', () => header(`{"${'a'.repeat(HEADER)}`), 'FORMAT_INVALID', 'no JSON'],
    [
      'a name of escapes',
      () => header(`{"${'\\u0041'.repeat(HEADER / 6)}": 1}`),
      'FORMAT_INVALID',
      'characters'
    ],
    ['a number without end', () => header(`{"a": {"x": ${'9'.repeat(HEADER)}`), 'FORMAT_INVALID', 'no JSON'],
    ['spaces without end', () => header(`{"a"${' '.repeat(HEADER)}`), 'FORMAT_INVALID', 'no JSON'],
    [
      'a million dimensions',
      () => header(entry(`"shape": [${'1,'.repeat(1e6)}1]`), 4),
      'FORMAT_INVALID',
      'malformed'
    ],
    [
      '2^106 values',
      () => header(entry(`"shape": [${2 ** 53 - 1}, ${2 ** 53 - 1}]`), 4),
      'FORMAT_INVALID',
      'needs'
    ],
    [
      '2^53 times 2^53 times 0',
      () => header(entry(`"shape": [${`${2 ** 53 - 1},`.repeat(30)}0]`), 4),
      'FORMAT_INVALID',
      'needs'
    ],
    ['a size of 1e999', () => header(entry('"shape": [1e999]'), 4), 'FORMAT_INVALID', 'malformed'],
    ['a negative size', () => header(entry('"shape": [-1, -1]'), 4), 'FORMAT_INVALID', 'malformed'],
    [
      'a name twice',
      () => header(`{${entry('"shape": [1]').slice(1, -1)}, ${entry('"shape": [1]').slice(1)}`, 4),
      'FORMAT_INVALID',
      'two tensors'
    ],
    ['too many tensors', () => header(tensors(100_000)), 'FORMAT_INVALID', 'more than 50000'],
    ['very many tensors', () => header(tensors(50_000)), 'read', '']
  ])('%s', async (_, make, code, fact) => {
    await refused(written(make(), 'model.safetensors'), code, fact)
  })

  it('a header of 100 MB of nothing', async () => {
    await refused(
      sparse(fileBytes('{', undefined, 99_999_999n), 2e8, 'm.safetensors'),
      'FORMAT_INVALID',
      'claims'
    )
  })

  it('a tensor of 4 TB', async () => {
    const size = 2 ** 42
    const text = JSON.stringify({ a: { dtype: 'U8', shape: [size], data_offsets: [0, size] } })
    await refused(sparse(fileBytes(text), size + 1000, 'm.safetensors'), 'FILE_UNREADABLE', 'memory')
  })
})

describe('PyTorch', () => {
  const bomb = (...parts: Pickled[]): Uint8Array =>
    zip([
      { name: 'm/data.pkl', data: Buffer.concat([raw('\x80\x02'), ...parts]), deflated: parts.length > 1 },
      { name: 'm/data/0', data: SIX }
    ])
  const weights = dict({ a: tensor([2, 3]), b: tensor([2], { offset: 4 }) })

  it.each<[string, Make, string, string]>([
    ['32 MB of lists', () => bomb(Buffer.alloc(2 ** 25 - 100, ']')), 'FORMAT_INVALID', 'objects'],
    [
      '32 MB of dropped numbers',
      () => bomb(Buffer.alloc(2 ** 25 - 100, 'N0')),
      'FORMAT_INVALID',
      'operations'
    ],
    [
      '32 MB of memories, deflated',
      () => bomb(raw('N'), Buffer.alloc(2 ** 25 - 100, 0x94)),
      'FORMAT_INVALID',
      'remembered'
    ],
    [
      '1 GB, deflated',
      () => zip([{ name: 'm/data.pkl', data: zeros(2 ** 25), deflated: true, size: 2 ** 30 }]),
      'FORMAT_INVALID',
      'at most'
    ],
    [
      '2^60 bytes',
      () => zip([{ name: 'm/data.pkl', data: SIX, size: 2 ** 60, packed: 2 ** 60 }], { zip64: true }),
      'FORMAT_INVALID',
      'overlaps'
    ],
    [
      '2^60 entries',
      () => zip([{ name: 'm/data.pkl', data: SIX }], { zip64: true, count: 2 ** 60 }),
      'FORMAT_INVALID',
      'entries'
    ],
    [
      'a stream of lists',
      () => stream(Buffer.concat([weights, Buffer.alloc(2 ** 26, ']')])),
      'FORMAT_INVALID',
      'objects'
    ],
    [
      '2^80 values',
      () => archive(dict({ a: tensor([2 ** 40, 2 ** 40]), b: tensor([1]) })),
      'FORMAT_INVALID',
      '"a"'
    ],
    [
      'values repeated 2^30 times',
      () => archive(dict({ a: tensor([2 ** 15, 2 ** 15], { strides: [0, 0] }), b: tensor([1]) })),
      'FORMAT_INVALID',
      'repeats'
    ],
    ['a pickle alone', () => pickle(Buffer.alloc(2 ** 24, ']')), 'FORMAT_UNSUPPORTED', 'pickle']
  ])('%s', async (_, make, code, fact) => {
    await refused(written(make(), 'model.pth'), code, fact)
  })

  it('an archive whose directory is 2^40 bytes away', async () => {
    const bytes = Buffer.from(archive(weights))
    await refused(sparse(bytes, 2 ** 40, 'model.pth'), 'FILE_TRUNCATED', 'directory')
  })
})

function zeros(length: number): Buffer {
  return Buffer.alloc(length)
}

describe('npz', () => {
  const npy = (shape: string, more = ''): Buffer => {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), ${more}}\n`
    const head = Buffer.alloc(12)
    head.write('\x93NUMPY\x02', 'latin1')
    head.writeUInt32LE(text.length, 8)
    return Buffer.concat([head, Buffer.from(text)])
  }
  const array = (data: Uint8Array, more = {}): Uint8Array =>
    zip([{ name: 'a.npy', data, deflated: true, ...more }])

  it.each<[string, Make, string, string]>([
    [
      '32 MB behind a small array',
      () => array(Buffer.concat([npy('6'), zeros(2 ** 25)])),
      'FORMAT_INVALID',
      'needs'
    ],
    [
      'more than it declares',
      () => array(Buffer.concat([npy('6'), zeros(2 ** 25)]), { size: npy('6').length + 24 }),
      'FORMAT_INVALID',
      'does not unpack'
    ],
    ['a ratio beyond deflate’s', () => array(npy('6'), { size: 2 ** 31 }), 'FORMAT_INVALID', ''],
    [
      '2^60 bytes',
      () => zip([{ name: 'a.npy', data: npy('6'), size: 2 ** 60, packed: 2 ** 60 }], { zip64: true }),
      'FORMAT_INVALID',
      'overlaps'
    ],
    [
      'a header of 4 GB',
      () => array(Buffer.from('\x93NUMPY\x02\0\xff\xff\xff\xff{', 'latin1')),
      'FORMAT_INVALID',
      'version'
    ],
    ['a header of shapes', () => array(npy('6', "'shape':(".repeat(7000))), 'FORMAT_INVALID', ''],
    ['a header of dimensions', () => array(npy('1,'.repeat(30_000))), 'FORMAT_INVALID', 'shape'],
    ['2^106 values', () => array(npy(`${2 ** 53 - 1}, ${2 ** 53 - 1}`)), 'FORMAT_INVALID', 'needs'],
    [
      '10 000 arrays',
      () => zip(Array.from({ length: 10_000 }, (_, i) => ({ name: `${i}.npy`, data: npy('0') }))),
      'read',
      ''
    ]
  ])('%s', async (_, make, code, fact) => {
    await refused(written(make(), 'model.npz'), code, fact)
  })

  it('an array that honestly unpacks to 40 MB costs itself', async () => {
    const length = 10e6
    const data = Buffer.concat([npy(String(length)), zeros(4 * length)])
    await refused(written(array(data), 'model.npz'), 'read')
  })
})

describe('ONNX', () => {
  const field = (number: number, ...content: Uint8Array[]): Buffer => {
    const bytes = Buffer.concat(content)
    return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
  }
  function varint(value: number): Buffer {
    const bytes = []
    for (let rest = BigInt(value); ; rest >>= 7n) {
      bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0))
      if (rest <= 127n) return Buffer.from(bytes)
    }
  }
  /** ir_version 8, then a graph of these bytes. */
  const model = (...graph: Uint8Array[]): Buffer => Buffer.concat([Buffer.from([8, 8]), field(7, ...graph)])
  const repeated = (part: Uint8Array, bytes: number): Buffer =>
    Buffer.alloc(bytes - (bytes % part.length), part)
  const initializer = (...content: Uint8Array[]): Buffer => field(5, ...content)
  const nested = (depth: number): Buffer => {
    // A node with an attribute that is a graph, and so on: only the lengths grow.
    let graph: Buffer = Buffer.alloc(0)
    for (let i = 0; i < depth; i++) graph = field(1, field(5, field(6, graph)))
    return graph
  }

  it.each<[string, Make, string, string]>([
    ['8 MB of nodes', () => model(repeated(field(1), 2 ** 23)), 'FORMAT_INVALID', 'more than'],
    ['8 MB of dimensions', () => model(initializer(field(1, zeros(2 ** 23)))), 'FORMAT_INVALID', 'more than'],
    [
      '8 MB of dimensions one by one',
      () => model(initializer(repeated(Buffer.from([8, 1]), 2 ** 23))),
      'FORMAT_INVALID',
      'more than'
    ],
    [
      '8 MB of 64-bit numbers',
      () => model(initializer(field(7, zeros(2 ** 23)))),
      'FORMAT_INVALID',
      'more than'
    ],
    [
      '8 MB of empty texts',
      () => model(initializer(repeated(field(6), 2 ** 23))),
      'FORMAT_INVALID',
      'more than'
    ],
    [
      '8 MB of unknown fields',
      () => model(repeated(Buffer.from([0xf8, 7, 0]), 2 ** 23)),
      'FORMAT_INVALID',
      'more than'
    ],
    [
      '4 MB of 32-bit numbers',
      () => model(initializer(field(5, zeros(2 ** 22)))),
      'FORMAT_INVALID',
      'no graph'
    ],
    ['graphs nested 1000 deep', () => model(nested(1000)), 'FORMAT_INVALID', 'levels'],
    ['groups nested deeply', () => model(Buffer.alloc(2 ** 22, 0x0b)), 'FORMAT_INVALID', ''],
    [
      '2^60 raw bytes',
      () => model(initializer(Buffer.concat([varint(9 * 8 + 2), varint(2 ** 60)]))),
      'FORMAT_INVALID',
      'does not end'
    ],
    [
      'a negative length',
      () => model(Buffer.concat([varint(5 * 8 + 2), Buffer.alloc(9, 0xff), Buffer.from([1])])),
      'FORMAT_INVALID',
      'does not end'
    ],
    [
      'a number that does not end',
      () => Buffer.concat([Buffer.from([8, 8]), Buffer.alloc(100, 0xff)]),
      'FORMAT_INVALID',
      'does not end'
    ]
  ])('%s', async (_, make, code, fact) => {
    await refused(written(make(), 'model.onnx'), code, fact)
  })

  describe('external data', () => {
    const entry = (key: string, value: string): Buffer =>
      field(13, field(1, Buffer.from(key)), field(2, Buffer.from(value)))
    const tensorAt = (name: string, places: Record<string, string>): Buffer =>
      initializer(
        Buffer.from([8, 4]),
        Buffer.from([16, 1]),
        field(8, Buffer.from(name)),
        ...Object.entries(places).map(([key, value]) => entry(key, value)),
        Buffer.from([14 * 8, 1])
      )
    const node = field(1, field(4, Buffer.from('Identity')))
    const besideSparse = (bytes: Uint8Array): string => {
      const folder = temporaryFolder()
      writeFileSync(join(folder, 'w.bin'), '')
      truncateSync(join(folder, 'w.bin'), 2 ** 26)
      writeFileSync(join(folder, 'model.onnx'), bytes)
      return join(folder, 'model.onnx')
    }

    it.each<[string, Record<string, string>, string]>([
      ['beyond its file', { location: 'w.bin', offset: String(2 ** 26), length: '4' }, 'FILE_TRUNCATED'],
      ['of 2^60 bytes', { location: 'w.bin', length: String(2n ** 60n) }, 'FILE_TRUNCATED'],
      ['of a negative length', { location: 'w.bin', length: '-4' }, 'FILE_TRUNCATED'],
      ['at a negative place', { location: 'w.bin', offset: '-8', length: '4' }, 'FILE_TRUNCATED'],
      ['of no length', { location: 'w.bin', length: 'NaN' }, 'FILE_TRUNCATED'],
      ['elsewhere', { location: '../../etc/passwd' }, 'FORMAT_INVALID'],
      ['with a zero in its name', { location: 'w.bin\0' }, 'FORMAT_INVALID']
    ])('%s', async (_, places, code) => {
      await refused(besideSparse(model(node, tensorAt('w', places))), code)
    })

    it('read a thousand times over', async () => {
      const tensors = Array.from({ length: 1000 }, (_, i) =>
        tensorAt(`w${i}`, { location: 'w.bin', offset: String(i) })
      )
      await refused(besideSparse(model(node, ...tensors)), 'FORMAT_INVALID', 'for several tensors')
    })

    it('shared by a thousand tensors costs itself', async () => {
      const tensors = Array.from({ length: 1000 }, (_, i) => tensorAt(`w${i}`, { location: 'w.bin' }))
      await refused(besideSparse(model(node, ...tensors)), 'read')
    })
  })

  it('a sound one costs little', async () => {
    const bytes = writeModel(
      classifier(4, (graph, x) =>
        graph.node('MatMul', 'fc', [x, graph.parameter('fc.weight', [3, 4], new Float32Array(12))])
      )
    )
    await refused(written(bytes, 'model.onnx'), 'read')
  })
})

describe('an index', () => {
  it.each<[string, Make, string]>([
    ['nested deeply', () => Buffer.from(`{"a": ${'['.repeat(HEADER)}`), 'levels'],
    ['of 16 MB of names', () => Buffer.from(`{"weight_map": {${names(2 ** 19)}}}`), 'more than 200000'],
    ['of 100 MB', () => Buffer.alloc(1e8, '{'), 'expected at most']
  ])('%s', async (_, make, fact) => {
    await refused(written(make(), 'model.safetensors.index.json'), 'FORMAT_INVALID', fact)
  })

  function names(count: number): string {
    return Array.from({ length: count }, (_, i) => `"${i}": "m.safetensors"`).join(',')
  }
})
