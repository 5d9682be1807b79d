/** Arrays of row-major values: other orders of their axes, and shapes of the same size. */
import { sizeOf } from './tensors'

/** Side of the squares in which a matrix is turned over: what is read and written of one stays in the cache. */
const TILE = 64

/** A matrix turned over. @param shape [rows, columns] of what is given. */
export function transpose(values: Float32Array, shape: readonly number[]): Float32Array {
  const [rows = 1, columns = 1] = shape
  const result = new Float32Array(values.length)
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(top + TILE, rows)
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(left + TILE, columns)
      for (let column = left; column < right; column++) {
        let from = top * columns + column
        for (let to = column * rows + top; to < column * rows + bottom; to++) {
          result[to] = values[from] ?? 0
          from += columns
        }
      }
    }
  }
  return result
}

/** @param order which axis of `shape` becomes each axis of the result. */
export function permute(
  values: Float32Array,
  shape: readonly number[],
  order: readonly number[]
): Float32Array {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))
  const sizes = order.map((axis) => shape[axis] ?? 1)
  const steps = order.map((axis) => strides[axis] ?? 0)
  const result = new Float32Array(values.length)
  let at = 0
  const fill = (axis: number, offset: number): void => {
    const size = sizes[axis] ?? 1
    const step = steps[axis] ?? 0
    for (let i = 0; i < size; i++) {
      if (axis >= sizes.length - 1) result[at++] = values[offset + i * step] ?? 0
      else fill(axis + 1, offset + i * step)
    }
  }
  if (values.length > 0) fill(0, 0)
  return result
}

/** Several arrays in one, along an axis. */
export function concatenate(
  parts: readonly { readonly shape: readonly number[]; readonly values: Float32Array }[],
  axis: number
): Float32Array {
  const result = new Float32Array(parts.reduce((sum, { values }) => sum + values.length, 0))
  const outer = sizeOf(parts[0]?.shape.slice(0, axis) ?? [])
  let at = 0
  for (let row = 0; row < outer; row++) {
    for (const { values } of parts) {
      const length = values.length / outer
      result.set(values.subarray(row * length, (row + 1) * length), at)
      at += length
    }
  }
  return result
}

/** The shape that Reshape makes: 0 keeps a size, −1 takes what is left. */
export function reshapedShape(shape: readonly number[], target: readonly number[]): number[] {
  const copied = target.map((size, i) => (size === 0 ? (shape[i] ?? 1) : size))
  const known = sizeOf(copied.filter((size) => size !== -1))
  return copied.map((size) => (size === -1 ? sizeOf(shape) / known : size))
}

/** @param axes of the input; none: all of size 1. */
export function squeezedShape(shape: readonly number[], axes: readonly number[] | null): number[] {
  const gone = new Set(axes?.map((axis) => positive(axis, shape.length)))
  return shape.filter((size, i) => (axes === null ? size !== 1 : !gone.has(i)))
}

/** @param axes of the result. */
export function unsqueezedShape(shape: readonly number[], axes: readonly number[]): number[] {
  const rank = shape.length + axes.length
  const added = new Set(axes.map((axis) => positive(axis, rank)))
  const left = [...shape]
  return Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : (left.shift() ?? 1)))
}

export function flattenedShape(shape: readonly number[], axis: number): number[] {
  const split = positive(axis, shape.length)
  return [sizeOf(shape.slice(0, split)), sizeOf(shape.slice(split))]
}

/** An axis counted from the end as one counted from the start. */
export function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis
}

/** Sizes other than 1. */
export function lengthsOf(shape: readonly number[]): number[] {
  return shape.filter((size) => size !== 1)
}
