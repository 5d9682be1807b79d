/** Bit patterns by IEEE 754; the middle column of float16 is numpy.float16's own value. */
import { describe, expect, it } from 'vitest'
import {
  asFloat32,
  bfloat16ToFloat32,
  float16ToFloat32,
  float64ToFloat32
} from '../../../src/main/numbers/floats'

const words = (...values: number[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(values.flatMap((value) => [value & 0xff, value >> 8]))

/** The same bytes at an odd place of a larger buffer. */
function unaligned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const buffer = new Uint8Array(bytes.length + 16)
  buffer.set(bytes, 3)
  return buffer.subarray(3, 3 + bytes.length)
}

describe('float16', () => {
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x0001, 2 ** -24],
    [0x83ff, -1023 * 2 ** -24],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
    [0x7e00, NaN]
  ])('%i is %d', (bits, value) => {
    expect(float16ToFloat32(words(bits))[0]).toBe(value)
  })

  it("agrees with the language's own conversion in all 65536 patterns", () => {
    const view = new DataView(new ArrayBuffer(2))
    const ours = float16ToFloat32(words(...Array.from({ length: 65536 }, (_, bits) => bits)))
    let wrong = 0
    for (let bits = 0; bits < 65536; bits++) {
      view.setUint16(0, bits, true)
      if (!Object.is(ours[bits], view.getFloat16(0, true))) wrong++
    }
    expect(wrong).toBe(0)
  })
})

describe('bfloat16', () => {
  it.each([
    [0x0000, 0],
    [0x3f80, 1],
    [0xc000, -2],
    [0x4049, 3.140625],
    [0x0080, 2 ** -126],
    // The smallest subnormal: 2⁻¹³³.
    [0x0001, 2 ** -133],
    [0x7f7f, (2 - 2 ** -7) * 2 ** 127],
    [0x7f80, Infinity],
    [0xff80, -Infinity],
    [0x7fc0, NaN]
  ])('%i is %d', (bits, value) => {
    expect(bfloat16ToFloat32(words(bits))[0]).toBe(value)
  })
})

it('float64 is rounded to the nearest float32', () => {
  const values = [0.1, -1 / 3, 1 + 2 ** -25, 1 + 3 * 2 ** -25, 1e-45, 1e-50, 3.5e38, -1e300, Infinity, NaN]
  const converted = float64ToFloat32(new Uint8Array(Float64Array.from(values).buffer))
  expect([...converted]).toEqual(values.map(Math.fround))
  expect(converted[2]).toBe(1)
  expect(converted[6]).toBe(Infinity)
})

it('float32 keeps subnormals, signs and NaN, and shares memory where it can', () => {
  const values = Float32Array.of(2 ** -149, -0, 3.4028234663852886e38, NaN, Infinity)
  const bytes = new Uint8Array(values.buffer)
  const view = asFloat32(bytes)
  expect([...view]).toEqual([...values])
  expect(view.buffer).toBe(bytes.buffer)
})

it.each([
  ['float16', float16ToFloat32, words(0x3c00, 0xc000, 0x0001), [1, -2, 2 ** -24]],
  ['bfloat16', bfloat16ToFloat32, words(0x3f80, 0xc000), [1, -2]],
  ['float32', asFloat32, new Uint8Array(Float32Array.of(1.5, -2.25).buffer), [1.5, -2.25]],
  ['float64', float64ToFloat32, new Uint8Array(Float64Array.of(1.5, -2.25).buffer), [1.5, -2.25]]
] as const)('%s is read from any byte offset', (_, convert, bytes, values) => {
  const moved = unaligned(bytes)
  expect(moved.byteOffset % 2).toBe(1)
  expect([...convert(moved)]).toEqual(values)
  expect([...convert(bytes)]).toEqual(values)
})
