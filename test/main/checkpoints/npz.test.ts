/** Archives that NumPy wrote, and archives that it would not read. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCheckpoint } from '../../../src/main/checkpoints'
import { temporaryFolder } from '../../support/folder'
import { expectProblem } from '../../support/problems'
import { checkpoints, madeJson, stateDict, valuesOf } from './fixtures'
import { zip, type Part } from './pytorch/zips'

const arrays = madeJson('arrays.json') as Readonly<
  Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] | 'zeros' }>
>

const written = (bytes: Uint8Array): string => {
  const path = join(temporaryFolder(), 'model.npz')
  writeFileSync(path, bytes)
  return path
}

describe.each(['stored.npz', 'deflated.npz'])('%s', (file) => {
  const path = checkpoints(`arrays/${file}`)

  it.each(Object.entries(arrays))('gives %s', async (name, { shape, values }) => {
    const checkpoint = await stateDict(path)
    expect(checkpoint.tensors.get(name)!.shape).toEqual(shape)
    const expected = values === 'zeros' ? Array(2000).fill(0) : values
    expect(await valuesOf(checkpoint, name)).toEqual(expected)
    await checkpoint.close()
  })

  it('is what it is', async () => {
    const checkpoint = await stateDict(path)
    expect(checkpoint).toMatchObject({ format: 'npz', container: null, stateDicts: [], files: [path] })
    expect([...checkpoint.tensors.keys()].sort()).toEqual(Object.keys(arrays).sort())
    const dtypes = ['half', 'double', 'int64', 'big', 'bool'].map(
      (name) => checkpoint.tensors.get(name)?.dtype
    )
    expect(dtypes).toEqual(['float16', 'float64', 'int64', 'float32', 'bool'])
    await checkpoint.close()
  })

  it('cut anywhere is said to end early', async () => {
    const bytes = readFileSync(path)
    for (let length = 30; length < bytes.length; length += 511) {
      await expectProblem(openCheckpoint(written(bytes.subarray(0, length))), 'FILE_TRUNCATED')
    }
  })
})

it('what is no array of numbers is refused and named, and the others are read', async () => {
  const checkpoint = await stateDict(checkpoints('arrays/odd.npz'))
  expect((await valuesOf(checkpoint, 'good')).length).toBe(24)
  for (const [name, what] of [
    ['objects', 'Python objects, which are pickled'],
    ['complex', '<c8'],
    ['text', '<U2'],
    ['dates', '<M8[D]'],
    ['record', 'records']
  ] as const) {
    await expectProblem(checkpoint.tensors.get(name)!.read(), 'FORMAT_UNSUPPORTED', `"${name}"`, what)
  }
  await checkpoint.close()
  expect(existsSync('linchpin-attack-ran')).toBe(false)
})

const npy = (header: string, values: Uint8Array = new Uint8Array(24), version = 1): Buffer => {
  const head = Buffer.alloc(10)
  head.write('\x93NUMPY', 'latin1')
  head[6] = version
  head.writeUInt16LE(header.length, 8)
  return Buffer.concat([head, Buffer.from(header, 'latin1'), values])
}
const header = (shape: string, descr = "'<f4'"): string =>
  `{'descr': ${descr}, 'fortran_order': False, 'shape': (${shape}), }\n`
const six = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)
const part = (data: Uint8Array, more: Partial<Part> = {}): Part => ({ name: 'a.npy', data, ...more })

describe('an archive', () => {
  it.each<[string, Buffer]>([
    ['of items in another order', npy("{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4'}", six)],
    ['of Python 2', npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L)}", six)],
    ['with a long header', npy(header('2, 3').padEnd(3000), six)],
    ['with double quotes', npy('{"descr": "<f4", "fortran_order": False, "shape": (2, 3)}', six)]
  ])('%s is read, stored or deflated', async (_, data) => {
    for (const deflated of [false, true]) {
      const checkpoint = await stateDict(written(zip([part(data, { deflated })])))
      expect(checkpoint.tensors.get('a')!.shape).toEqual([2, 3])
      expect(await valuesOf(checkpoint, 'a')).toEqual([1, 2, 3, 4, 5, 6])
      await checkpoint.close()
    }
  })

  it.each<[string, readonly Part[], string]>([
    ['of no array', [part(Buffer.from('hello, this is not an array'))], 'no .npy array'],
    ['of a short one', [part(Buffer.from('\x93NUMPY', 'latin1'))], 'no .npy array'],
    ['of version 9', [part(npy(header('6'), six, 9))], 'another .npy version'],
    ['with too few values', [part(npy(header('7'), six))], 'needs'],
    ['with too many values', [part(npy(header('5'), six))], 'needs'],
    ['of 2^80 values', [part(npy(header(`${2 ** 40}, ${2 ** 40}`), six))], 'needs'],
    ['of a negative size', [part(npy(header('-6'), six))], 'the shape'],
    ['of a size of 2^70', [part(npy(header(String(2n ** 70n)), six))], 'the shape'],
    ['of 65 dimensions', [part(npy(header('1, '.repeat(65)), six.subarray(0, 4)))], 'the shape'],
    ['without a shape', [part(npy("{'descr': '<f4', 'fortran_order': False}", six))], '"shape"'],
    ['of nothing', [part(npy('', six))], '"descr"'],
    [
      'of two arrays of one name',
      [part(npy(header('6'), six), { name: 'a/b.npy' }), part(npy(header('6'), six), { name: 'a.b.npy' })],
      'two arrays named "a.b"'
    ],
    [
      'that unpacks to less',
      [part(npy(header('60'), six), { deflated: true, size: 1000 })],
      'does not unpack'
    ],
    ['that claims 1 GB', [part(npy(header('6'), six), { deflated: true, size: 2 ** 30 })], 'does not unpack']
  ])('%s is refused', async (_, parts, fact) => {
    const opened = openCheckpoint(written(zip(parts))).then(async (checkpoint) => {
      if (checkpoint.kind === 'state-dict')
        for (const tensor of checkpoint.tensors.values()) await tensor.read()
    })
    await expectProblem(opened, 'FORMAT_INVALID', fact)
  })

  it('whose header ends after it is said to end early', async () => {
    const data = npy(header('6'), six)
    data.writeUInt16LE(60_000, 8)
    await expectProblem(openCheckpoint(written(zip([part(data)]))), 'FILE_TRUNCATED', '"a.npy"')
  })

  it('has no choice of weights', async () => {
    await expectProblem(
      openCheckpoint(checkpoints('arrays/stored.npz'), { weights: 'ema' }),
      'OPTION_INVALID',
      '"ema"'
    )
  })
})
