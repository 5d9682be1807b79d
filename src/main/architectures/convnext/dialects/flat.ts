import { sizeOf } from '../../../graph'
import { reshapedTensor } from '../../tensors'
import type { Dialect } from '../../types'

/** A dialect in which some vectors have axes of size 1 around them: timm's have one axis. */
export function flat(vectors: RegExp, dialect: Dialect): Dialect {
  return {
    name: dialect.name,
    translate(tensors) {
      const translation = dialect.translate(tensors)
      if (translation === null) return null
      const entries = [...translation.tensors].map(([name, entry]) => {
        const size = sizeOf(entry.shape)
        const vector = vectors.test(name) && entry.shape.includes(size)
        return [name, vector ? reshapedTensor(entry, name, [size]) : entry] as const
      })
      return { ...translation, tensors: new Map(entries) }
    }
  }
}

/** The vectors of global response normalisation: Facebook and Hugging Face keep them as [1, 1, 1, C]. */
export const RESPONSES = /\.mlp\.grn\.(weight|bias)$/
