/** Tensors made of others, whose values are computed when they are read. */
import type { TensorEntry } from '../checkpoints'

/** The same values under another name. */
export function renamedTensor(entry: TensorEntry, name: string): TensorEntry {
  return { name, dtype: entry.dtype, shape: entry.shape, read: () => entry.read() }
}

/** The same values in another shape of as many elements. */
export function reshapedTensor(entry: TensorEntry, name: string, shape: readonly number[]): TensorEntry {
  return { name, dtype: entry.dtype, shape, read: () => entry.read() }
}

/** Several tensors one after the other along their first axis, as q, k and v are in one matrix. */
export function stackedTensor(entries: readonly TensorEntry[], name: string): TensorEntry {
  const [first] = entries
  const rows = entries.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0)
  return {
    name,
    dtype: first?.dtype ?? '',
    shape: [rows, ...(first?.shape.slice(1) ?? [])],
    async read() {
      const parts: Float32Array[] = []
      for (const entry of entries) parts.push(await entry.read())
      const values = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
      let at = 0
      for (const part of parts) {
        values.set(part, at)
        at += part.length
      }
      return values
    }
  }
}
