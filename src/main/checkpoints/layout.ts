/** How a tensor's elements lie in its storage: `offset + Σ index · stride`, in elements. */
import { Buffer } from 'node:buffer'

export interface Layout {
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** Elements from the first to the last that the tensor touches; 0 for an empty one. */
export function extent({ shape, strides }: Layout): number {
  if (shape.includes(0)) return 0
  return shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), 1)
}

/** Whether the elements lie side by side in row-major order. */
export function isContiguous({ shape, strides }: Layout): boolean {
  let expected = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 0
    if (size !== 1 && strides[axis] !== expected) return false
    expected *= size
  }
  return true
}

/**
 * The elements in row-major order.
 * @param bytes from the tensor's first element to its last.
 * @param width bytes of an element.
 */
export function gather(
  bytes: Uint8Array<ArrayBuffer>,
  { shape, strides }: Layout,
  width: number
): Uint8Array<ArrayBuffer> {
  const count = elementCount(shape)
  const gathered = new Uint8Array(count * width)
  const index = shape.map(() => 0)
  let source = 0
  for (let target = 0; target < count * width; target += width) {
    for (let byte = 0; byte < width; byte++) gathered[target + byte] = bytes[source + byte] ?? 0
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const step = (strides[axis] ?? 0) * width
      const next = (index[axis] ?? 0) + 1
      if (next < (shape[axis] ?? 0)) {
        index[axis] = next
        source += step
        break
      }
      index[axis] = 0
      source -= (next - 1) * step
    }
  }
  return gathered
}

/** Turns big-endian elements into little-endian ones, in place. */
export function reverseElements(bytes: Uint8Array<ArrayBuffer>, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (width === 2) buffer.swap16()
  else if (width === 4) buffer.swap32()
  else if (width === 8) buffer.swap64()
}
