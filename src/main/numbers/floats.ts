/** Number formats of checkpoints and graphs, converted to float32. All little endian. */

const HALF = new Float32Array(65536)
for (let bits = 0; bits < 65536; bits++) HALF[bits] = halfToNumber(bits)

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

export function float16ToFloat32(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const source = aligned(bytes, 2, (buffer, offset, length) => new Uint16Array(buffer, offset, length))
  const target = new Float32Array(source.length)
  for (let i = 0; i < source.length; i++) target[i] = HALF[source[i] ?? 0] ?? 0
  return target
}

/** bfloat16 is the upper half of a float32. */
export function bfloat16ToFloat32(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const source = aligned(bytes, 2, (buffer, offset, length) => new Uint16Array(buffer, offset, length))
  const target = new Uint32Array(source.length)
  for (let i = 0; i < source.length; i++) target[i] = (source[i] ?? 0) << 16
  return new Float32Array(target.buffer)
}

export function float64ToFloat32(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  return new Float32Array(
    aligned(bytes, 8, (buffer, offset, length) => new Float64Array(buffer, offset, length))
  )
}

const WORD = new Float32Array(1)
const WORD_BITS = new Uint32Array(WORD.buffer)

/** Rounds to nearest, ties to even, as IEEE 754 has it. */
export function float32ToFloat16(values: Float32Array): Uint8Array<ArrayBuffer> {
  const target = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) target[i] = halfBits(values[i] ?? 0)
  return new Uint8Array(target.buffer)
}

function halfBits(value: number): number {
  WORD[0] = value
  const bits = WORD_BITS[0] ?? 0
  const sign = (bits >>> 16) & 0x8000
  const magnitude = Math.abs(value)
  if (Number.isNaN(magnitude)) return sign | 0x7e00
  // Half way between the largest half, 65504, and the next step.
  if (magnitude >= 65520) return sign | 0x7c00
  if (magnitude < 2 ** -14) return sign | halfToEven(magnitude * 2 ** 24)
  const exponent = ((bits >>> 23) & 0xff) - 127
  // A carry out of the fraction raises the exponent, as it should.
  return sign | (((exponent + 15) << 10) + halfToEven((magnitude / 2 ** exponent - 1) * 1024))
}

function halfToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}

/** Rounds to nearest, ties to even. */
export function float32ToBfloat16(values: Float32Array): Uint8Array<ArrayBuffer> {
  const target = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) {
    WORD[0] = values[i] ?? 0
    const bits = WORD_BITS[0] ?? 0
    target[i] = Number.isNaN(WORD[0]) ? 0x7fc0 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
  }
  return new Uint8Array(target.buffer)
}

/** Without a copy where the bytes lie on a multiple of 4. */
export function asFloat32(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  return aligned(bytes, 4, (buffer, offset, length) => new Float32Array(buffer, offset, length))
}

function aligned<T>(
  bytes: Uint8Array<ArrayBuffer>,
  width: number,
  view: (buffer: ArrayBuffer, offset: number, length: number) => T
): T {
  const length = Math.floor(bytes.byteLength / width)
  if (bytes.byteOffset % width === 0) return view(bytes.buffer, bytes.byteOffset, length)
  return view(bytes.slice().buffer, 0, length)
}
