/** Stored numbers in float16. */
import type { TensorProto } from '../model'
import { TensorProto_DataType } from '../proto/onnx_pb'
import { readFloats, shapeOf, tensorOf } from '../tensors'

/** The largest number of float16. */
const LARGEST = 65504
/** Numbers up to this become 0: half of the smallest. */
const VANISHING = 2 ** -25

export interface Halved {
  readonly tensor: TensorProto
  /** Finite numbers that became the largest, and numbers other than 0 that became 0. */
  readonly saturated: number
  readonly flushed: number
}

/** Rounded to nearest; what is too large becomes ±65504, infinity (of a mask) stays. */
export function halved(tensor: TensorProto, name: string): Halved {
  const values = readFloats(tensor)
  let saturated = 0
  let flushed = 0
  const bounded = values.map((value) => {
    const size = Math.abs(value)
    if (size <= VANISHING && size > 0) flushed++
    // 65520 and more would round to infinity; what lies between rounds to 65504 anyway.
    if (size <= LARGEST || !Number.isFinite(value)) return value
    saturated++
    return Math.sign(value) * LARGEST
  })
  return {
    tensor: tensorOf(name, shapeOf(tensor), TensorProto_DataType.FLOAT16, bounded),
    saturated,
    flushed
  }
}

/** Whether float16 holds all these numbers, none of them less than `least`. */
export function fitsHalf(tensor: TensorProto, least = -Infinity): boolean {
  return readFloats(tensor).every((value) => Math.abs(value) <= LARGEST && value >= least)
}
