/** The values of a network's tensors, read once. */
import { FiniteCheck } from './finite'
import type { Report } from './report'
import type { LoadedTensors, NamedTensors } from './types'

/**
 * Reads the targets in order; one is checked while the next is read.
 * @throws TENSOR_NOT_FINITE, FILE_TRUNCATED, FILE_UNREADABLE, FORMAT_INVALID.
 */
export async function loadTensors(
  tensors: NamedTensors,
  names: readonly string[],
  report: Report
): Promise<LoadedTensors> {
  const entries = names.flatMap((name) => {
    const entry = tensors.get(name)
    return entry === undefined ? [] : [{ name, entry }]
  })
  const loaded = new Map<string, Float32Array>()
  const check = new FiniteCheck()
  let next = entries[0]?.entry.read()
  for (const [i, { name }] of entries.entries()) {
    const values = await next
    next = entries[i + 1]?.entry.read()
    if (values === undefined) continue
    check.add(name, values)
    loaded.set(name, values)
  }
  check.finish(report)
  const bug = (name: string): Error => new Error(`tensor "${name}" is no target, or was taken before`)
  return {
    shape(name) {
      const entry = tensors.get(name)
      if (entry === undefined) throw bug(name)
      return entry.shape
    },
    take(name) {
      const values = loaded.get(name)
      if (values === undefined) throw bug(name)
      loaded.delete(name)
      return values
    }
  }
}
