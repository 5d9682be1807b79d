/** A dialect that is nothing but other names. */
import { renamedTensor } from './tensors'
import type { Dialect, NamedTensors, Translation } from './types'

/**
 * @param spoken whether these are the dialect's names.
 * @param rename timm's name; a name that it returns as it is stays.
 */
export function renaming(
  name: string,
  spoken: (tensors: NamedTensors) => boolean,
  rename: (name: string) => string,
  extras: Omit<Translation, 'tensors' | 'steps'> = {}
): Dialect {
  return {
    name,
    translate(tensors) {
      if (!spoken(tensors)) return null
      const translated = new Map(
        [...tensors].map(([old, entry]) => [rename(old), renamedTensor(entry, rename(old))])
      )
      const names = [...tensors.keys()].filter((old) => rename(old) !== old)
      const [first = ''] = names
      const text = `Names of ${name} were translated to timm's, e.g. "${first}" to "${rename(first)}".`
      // Two names that become one would hide a tensor: then these are not the dialect's names.
      if (translated.size !== tensors.size) return null
      return { tensors: translated, steps: [{ kind: 'rename', text, names }], ...extras }
    }
  }
}
