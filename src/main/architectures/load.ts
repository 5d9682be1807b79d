/** The values of a network's tensors, read once. */
import { FiniteCheck } from './finite'
import type { Report } from './report'
import type { LoadedTensors, NamedTensors } from './types'

/** Tensors that are read ahead: between two large ones lie the small ones of their norms. */
const AHEAD = 8

/**
 * Reads the targets in order; they are checked while the next ones are read.
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
  const reads: Promise<Float32Array>[] = []
  for (const [i, { name }] of entries.entries()) {
    for (const { entry } of entries.slice(reads.length, i + AHEAD)) {
      const read = entry.read()
      // The first failure ends the reading; nobody waits for those behind it.
      read.catch(() => undefined)
      reads.push(read)
    }
    const values = await reads[i]
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
