/** Files written by the format's specification: an 8-byte length, a JSON header, raw values. */
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCheckpoint, type StateDictCheckpoint } from '../../../src/main/checkpoints'
import { temporaryFolder } from '../../support/folder'
import { fixture, golden } from '../../support/golden'
import { expectProblem } from '../../support/problems'
import { fileBytes, float32Tensor, tensorBytes, type RawTensor } from '../../support/safetensors'

function written(bytes: Uint8Array, name = 'model.safetensors'): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, bytes)
  return path
}

async function stateDict(path: string): Promise<StateDictCheckpoint> {
  const checkpoint = await openCheckpoint(path)
  if (checkpoint.kind !== 'state-dict') throw new Error(`${path} is a ${checkpoint.kind}`)
  return checkpoint
}

const header = (entries: Record<string, unknown>, data = 0, length: bigint | null = null): string =>
  written(fileBytes(JSON.stringify(entries), new Uint8Array(data), length))

const entry = (shape: number[], start: number, end: number, dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [start, end]
})

describe('a good file', () => {
  it('gives names, types, shapes, values and metadata', async () => {
    const tensors = new Map<string, RawTensor>([
      ['a', float32Tensor([2, 3], [1, 2, 3, 4, 5, -6])],
      ['half', { dtype: 'F16', shape: [2], bytes: Uint8Array.of(0x00, 0x3c, 0x00, 0xc0) }],
      ['brain', { dtype: 'BF16', shape: [1], bytes: Uint8Array.of(0x80, 0x3f) }],
      ['double', { dtype: 'F64', shape: [], bytes: new Uint8Array(Float64Array.of(0.5).buffer) }],
      ['none', { dtype: 'F32', shape: [0, 4], bytes: new Uint8Array() }]
    ])
    const checkpoint = await stateDict(written(tensorBytes(tensors)))
    const read = async (name: string) => [...(await checkpoint.tensors.get(name)!.read())]
    expect([...checkpoint.tensors.values()].map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual(
      [...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])
    )
    expect(await read('a')).toEqual([1, 2, 3, 4, 5, -6])
    expect(await read('half')).toEqual([1, -2])
    expect(await read('brain')).toEqual([1])
    expect(await read('double')).toEqual([0.5])
    expect(await read('none')).toEqual([])
    await checkpoint.close()
  })

  it('may have metadata, spaces after its header, and tensors in any order', async () => {
    const text = JSON.stringify({
      __metadata__: { format: 'pt' },
      second: entry([1], 4, 8),
      first: entry([1], 0, 4)
    })
    const values = new Uint8Array(Float32Array.of(1, 2).buffer)
    const checkpoint = await stateDict(written(fileBytes(`${text}     `, values)))
    expect(checkpoint.metadata).toEqual({ format: 'pt' })
    expect([...(await checkpoint.tensors.get('second')!.read())]).toEqual([2])
    await checkpoint.close()
  })

  it('is read whatever it is named', async () => {
    const bytes = tensorBytes(new Map([['a', float32Tensor([1], [7])]]))
    for (const name of ['model.onnx', 'model.pth', 'model']) {
      const checkpoint = await openCheckpoint(written(bytes, name))
      expect(checkpoint.format).toBe('safetensors')
      await checkpoint.close()
    }
  })

  it.each(['F8_E4M3', 'F8_E5M2', 'C64', 'NEW'])(
    'lists %s and refuses to read it as weights',
    async (dtype) => {
      const checkpoint = await stateDict(header({ odd: entry([8], 0, dtype === 'C64' ? 64 : 8, dtype) }, 64))
      expect(checkpoint.tensors.get('odd')).toMatchObject({ dtype, shape: [8] })
      await expectProblem(checkpoint.tensors.get('odd')!.read(), 'FORMAT_UNSUPPORTED', '"odd"', dtype)
      await checkpoint.close()
    }
  )

  it('that became shorter after it was opened says so', async () => {
    const path = written(tensorBytes(new Map([['a', float32Tensor([4], [1, 2, 3, 4])]])))
    const checkpoint = await stateDict(path)
    truncateSync(path, 70)
    await expectProblem(checkpoint.tensors.get('a')!.read(), 'FILE_TRUNCATED', path)
    await checkpoint.close()
  })
})

describe('a bad file', () => {
  it('is empty', async () => {
    await expectProblem(openCheckpoint(written(new Uint8Array())), 'FILE_EMPTY', 'model.safetensors')
  })

  it('is not there', async () => {
    const path = join(temporaryFolder(), 'gone.safetensors')
    await expectProblem(openCheckpoint(path), 'FILE_NOT_FOUND', path)
  })

  it('is below a file', async () => {
    await expectProblem(openCheckpoint(join(golden('model.safetensors'), 'x')), 'FILE_NOT_FOUND')
  })

  it('is a folder', async () => {
    await expectProblem(openCheckpoint(fixture('golden')), 'FILE_UNREADABLE', 'is a folder')
  })

  it.each([1, 4, 8])('of %i bytes is no checkpoint', async (length) => {
    await expectProblem(openCheckpoint(written(new Uint8Array(length).fill(0x21))), 'FORMAT_UNKNOWN', '21')
  })

  it('ends in its header', async () => {
    const whole = tensorBytes(new Map([['a', float32Tensor([1], [1])]]))
    for (const length of [9, 20, 40]) {
      const problem = await expectProblem(
        openCheckpoint(written(whole.subarray(0, length))),
        'FILE_TRUNCATED',
        `has ${length} bytes`
      )
      expect(problem.fix).toBeDefined()
    }
  })

  it('ends in its values', async () => {
    const whole = tensorBytes(new Map([['a', float32Tensor([8], new Float32Array(8))]]))
    for (const missing of [1, 16, 32]) {
      const path = written(whole.subarray(0, whole.length - missing))
      await expectProblem(openCheckpoint(path), 'FILE_TRUNCATED', String(whole.length))
    }
  })

  it.each([2n ** 60n, 2n ** 63n, 100_000_001n])('claims a header of %i bytes', async (length) => {
    await expectProblem(openCheckpoint(header({ a: entry([1], 0, 4) }, 4, length)), 'FORMAT_UNKNOWN')
  })

  it.each([
    ['no JSON', '{"__metadata__": '],
    ['no UTF-8', '{"\xff": 1}'],
    ['JSON with a comma too many', '{"__metadata__": {},}']
  ])('has a header that is %s', async (_, text) => {
    const bytes = fileBytes(text)
    const raw = text.includes('\xff') ? Buffer.concat([lengthOf(8), Buffer.from(text, 'latin1')]) : bytes
    await expectProblem(openCheckpoint(written(raw)), 'FORMAT_INVALID', 'header is no JSON')
  })

  it('has no tensors', async () => {
    await expectProblem(openCheckpoint(header({})), 'FORMAT_INVALID', 'no tensors')
    await expectProblem(openCheckpoint(header({ __metadata__: {} })), 'FORMAT_INVALID', 'no tensors')
  })

  it('has overlapping tensors', async () => {
    const path = header({ first: entry([2], 0, 8), second: entry([2], 4, 12) }, 12)
    await expectProblem(openCheckpoint(path), 'FORMAT_INVALID', '"second" overlaps')
  })

  it.each([
    ['fewer bytes than its shape', entry([3], 0, 8), 'needs 12 bytes and has 8'],
    ['more bytes than its shape', entry([1], 0, 8), 'needs 4 bytes and has 8'],
    ['an end before its start', entry([1], 8, 4), 'needs 4 bytes and has -4']
  ])('has a tensor with %s', async (_, tensor, text) => {
    await expectProblem(openCheckpoint(header({ a: tensor }, 8)), 'FORMAT_INVALID', '"a"', text)
  })

  it.each([
    ['a negative size', entry([-1], 0, 4)],
    ['half a byte', { ...entry([1], 0, 4), data_offsets: [0, 4.5] }],
    ['no type', { shape: [1], data_offsets: [0, 4] }],
    ['three offsets', { ...entry([1], 0, 4), data_offsets: [0, 2, 4] }],
    ['a number in its place', 7]
  ])('has an entry with %s', async (_, tensor) => {
    await expectProblem(openCheckpoint(header({ a: tensor }, 8)), 'FORMAT_INVALID', 'entry "a" is malformed')
  })
})

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(length))
  return bytes
}
