/** From a tensor as the pickle describes it to one that can be read. */
import type { TensorEntry } from '../../types'
import { invalid, unreadable } from '../errors'
import type { Dtype } from './dtypes'
import { elementCount, extent, gather, isContiguous, reverseElements } from '../../layout'
import type { StorageValue, TensorValue } from './values'

/** A storage's bytes in the file. */
export interface StorageBytes {
  readonly size: number
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
}

export interface StorageSource {
  readonly path: string
  readonly littleEndian: boolean
  /** Where the block that `key` names lies. Throws when the file has none or only a part of it. */
  locate(storage: StorageValue): StorageBytes
}

/** An expanded tensor repeats values that are stored once; it may have this many, unless more are stored. */
const LARGEST_REPETITION = 2 ** 24

/** @throws FORMAT_INVALID when it reaches beyond its storage, and what `locate` throws. */
export function tensorEntry(source: StorageSource, name: string, tensor: TensorValue): TensorEntry {
  const { shape, dtype, data } = tensor
  const { path } = source
  if ('refused' in data) {
    const error = unreadable(path, `tensor "${name}" cannot be read: ${data.refused}.`)
    return { name, dtype, shape, read: () => Promise.reject(error) }
  }
  const { storage, offset, strides } = data
  const { width } = data.dtype
  const layout = { shape, strides }
  const length = extent(layout) * width
  const first = storage.start * storage.dtype.width + offset * width
  const end = (storage.start + storage.count) * storage.dtype.width
  const bytes = source.locate(storage)
  if (length > 0 && (first + length > end || first + length > bytes.size)) {
    throw invalid(
      path,
      `tensor "${name}" of ${dtype} [${shape.join(', ')}] needs bytes ${first} to ${first + length} of a storage of ${Math.min(end, bytes.size)} bytes.`
    )
  }
  if (elementCount(shape) > Math.max(storage.count, LARGEST_REPETITION)) {
    throw invalid(
      path,
      `tensor "${name}" of shape [${shape.join(', ')}] repeats a storage of ${storage.count} elements.`
    )
  }
  return {
    name,
    dtype,
    shape,
    async read() {
      const convert = converter(path, name, data.dtype)
      if (length === 0) return new Float32Array()
      const range = await bytes.read(first, length)
      const elements = isContiguous(layout) ? range : gather(range, layout, width)
      if (!source.littleEndian) reverseElements(elements, width)
      return convert(elements)
    }
  }
}

function converter(
  path: string,
  name: string,
  { name: dtype, convert }: Dtype
): NonNullable<Dtype['convert']> {
  if (convert !== undefined) return convert
  throw unreadable(
    path,
    `tensor "${name}" has ${dtype}; expected float16 to float64, bfloat16, integers or truth values.`
  )
}
