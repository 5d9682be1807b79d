/** Modules of a state dict: what its names say before their last dot. */
import type { TensorShapes } from './types'

/** Answers in constant time whether a state dict has tensors below a module. */
export type Modules = ReadonlySet<string>

export function modulesOf(shapes: TensorShapes): Modules {
  const modules = new Set<string>()
  for (const name of shapes.keys()) {
    for (let end = name.indexOf('.'); end !== -1; end = name.indexOf('.', end + 1)) {
      modules.add(name.slice(0, end))
    }
  }
  return modules
}

/** How many numbers in a row there are, from `first` on. */
export function countOf(has: (index: number) => boolean, first = 0): number {
  let count = 0
  while (has(first + count)) count++
  return count
}
