/** safetensors: an 8-byte header length, a JSON header, then raw tensors. */
import { refuseChoice } from '../choice'
import type { CheckpointFile, CheckpointReader, TensorEntry } from '../types'
import { converterOf } from './dtypes'
import { unreadable } from './errors'
import { headerLength, LARGEST_CLAIM, readHeader, type TensorPlace } from './header'

export const safetensorsReader: CheckpointReader = {
  format: 'safetensors',
  match: (head) => head.length > 8 && head[8] === 0x7b && headerLength(head) <= LARGEST_CLAIM,
  async open(file, options) {
    refuseChoice(file.path, options)
    const { tensors, metadata, data } = await readHeader(file)
    return {
      kind: 'state-dict',
      format: 'safetensors',
      container: null,
      stateDicts: [],
      tensors: new Map(tensors.map((place) => [place.name, tensorEntry(file, place, data)])),
      metadata: Object.fromEntries(metadata),
      files: [file.path],
      close: () => file.close()
    }
  }
}

function tensorEntry(file: CheckpointFile, place: TensorPlace, data: number): TensorEntry {
  const { name, dtype, shape, start, end } = place
  return {
    name,
    dtype,
    shape,
    async read() {
      const convert = converterOf(dtype)
      if (convert === undefined) {
        throw unreadable(
          file.path,
          `tensor "${name}" has ${dtype}; expected F16 to F64, BF16, integers or truth values.`
        )
      }
      return convert(await file.read(data + start, end - start))
    }
  }
}
