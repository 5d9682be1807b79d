/** Whole numbers and truth values of checkpoints, little endian, as float32: exact up to 2^24. */

type Bytes = Uint8Array<ArrayBuffer>
type View = ArrayLike<number> & { readonly length: number }

const widened =
  (width: number, view: (buffer: ArrayBuffer, offset: number, length: number) => View) =>
  (bytes: Bytes): Float32Array => {
    const length = Math.floor(bytes.byteLength / width)
    const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : bytes.slice()
    return new Float32Array(view(buffer, byteOffset, length))
  }

/** Without a BigInt for each: the upper half times 2^32 and the lower half. */
const wide =
  (signed: boolean) =>
  (bytes: Bytes): Float32Array => {
    const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
    const count = Math.floor(byteLength / 8)
    const low = new Uint32Array(buffer, byteOffset, 2 * count)
    const high = signed ? new Int32Array(buffer, byteOffset, 2 * count) : low
    const values = new Float32Array(count)
    for (let i = 0; i < count; i++) values[i] = (high[2 * i + 1] ?? 0) * 2 ** 32 + (low[2 * i] ?? 0)
    return values
  }

export const int8ToFloat32 = widened(1, (...place) => new Int8Array(...place))
export const uint8ToFloat32 = widened(1, (...place) => new Uint8Array(...place))
export const int16ToFloat32 = widened(2, (...place) => new Int16Array(...place))
export const uint16ToFloat32 = widened(2, (...place) => new Uint16Array(...place))
export const int32ToFloat32 = widened(4, (...place) => new Int32Array(...place))
export const uint32ToFloat32 = widened(4, (...place) => new Uint32Array(...place))
export const int64ToFloat32 = wide(true)
export const uint64ToFloat32 = wide(false)

/** One byte each; anything but 0 is true. */
export function boolToFloat32(bytes: Bytes): Float32Array {
  const values = new Float32Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) values[i] = bytes[i] === 0 ? 0 : 1
  return values
}
