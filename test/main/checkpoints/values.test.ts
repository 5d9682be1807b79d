/** Whole numbers and shared tensors, against what PyTorch holds. */
import { describe, expect, it } from 'vitest'
import {
  boolToFloat32,
  int16ToFloat32,
  int64ToFloat32,
  uint64ToFloat32
} from '../../../src/main/numbers/integers'
import { checkpoints, madeJson, stateDict, valuesOf } from './fixtures'

const integers = madeJson('integers.json') as Readonly<Record<string, readonly number[]>>

describe.each(['integers.pth', 'integers.safetensors'])('%s', (file) => {
  it.each(Object.entries(integers))('gives %s as float32', async (name, values) => {
    const checkpoint = await stateDict(checkpoints(file))
    expect(await valuesOf(checkpoint, name)).toEqual(values.map(Math.fround))
    await checkpoint.close()
  })
})

it('metadata with any names is kept', async () => {
  const checkpoint = await stateDict(checkpoints('integers.safetensors'))
  expect(Object.entries(checkpoint.metadata).sort()).toEqual([
    ['__proto__', 'a name'],
    ['format', 'pt']
  ])
  await checkpoint.close()
})

it('tensors that share a storage are each read', async () => {
  const checkpoint = await stateDict(checkpoints('shared.pth'))
  const base = Array.from({ length: 12 }, (_, i) => i)
  const read = (name: string): Promise<number[]> => valuesOf(checkpoint, `${name}.weight`)
  expect(await read('encoder')).toEqual(base)
  expect(await read('decoder')).toEqual(base)
  expect(await read('row')).toEqual([4, 5, 6, 7])
  expect(await read('turned')).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
  expect(await read('wide')).toEqual([0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8])
  // One's values are not another's memory.
  const [one, other] = await Promise.all(
    ['encoder', 'decoder'].map((name) => checkpoint.tensors.get(`${name}.weight`)!.read())
  )
  one!.fill(-1)
  expect([...other!]).toEqual(base)
  await checkpoint.close()
})

describe('bytes anywhere in memory', () => {
  const shifted = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
    const larger = new Uint8Array(bytes.length + 3)
    larger.set(bytes, 3)
    return larger.subarray(3)
  }
  it('are converted', () => {
    const signed = new Uint8Array(BigInt64Array.of(-(2n ** 24n), 5n, -(2n ** 63n), 2n ** 40n).buffer)
    expect([...int64ToFloat32(shifted(signed))]).toEqual([-(2 ** 24), 5, -(2 ** 63), 2 ** 40])
    const unsigned = new Uint8Array(BigUint64Array.of(2n ** 64n - 1n, 2n ** 24n).buffer)
    expect([...uint64ToFloat32(shifted(unsigned))]).toEqual([2 ** 64, 2 ** 24])
    expect([...int16ToFloat32(shifted(new Uint8Array(Int16Array.of(-300, 7).buffer)))]).toEqual([-300, 7])
    expect([...boolToFloat32(Uint8Array.of(0, 1, 255))]).toEqual([0, 1, 1])
  })
})
