/** The tensors of a file's pickle, by dotted name. */
import type { LinchpinError } from '@shared/errors'
import { invalid } from '../errors'
import { isCompound, type Compound, type Value } from '../pickle/values'
import type { TensorValue } from '../torch/values'
import { partsOf, type Part } from './mapping'

/** Beyond any network; a file that exceeds them builds a maze. */
const LIMITS = { depth: 64, steps: 1_000_000, tensors: 200_000, name: 1024 }

export interface TensorTree {
  /** All tensors below a value. @throws FORMAT_INVALID when there are too many, or two of one name. */
  below(root: Value): ReadonlyMap<string, TensorValue>
}

export function tensorTree(path: string): TensorTree {
  /** The parts that hold tensors; the others are looked through once, however often they are referred to. */
  const known = new Map<Compound, readonly Part[]>()
  let steps = 0

  const tooMany = (what: string, limit: number): LinchpinError =>
    invalid(path, `it has more than ${limit} ${what}.`)

  function visit(
    value: Compound,
    name: string,
    above: Set<Compound>,
    tensors: Map<string, TensorValue>
  ): void {
    if (++steps > LIMITS.steps) throw tooMany('references between values', LIMITS.steps)
    if (value.kind === 'tensor') {
      if (tensors.has(name)) throw invalid(path, `it has two tensors named "${name}".`)
      if (tensors.size >= LIMITS.tensors) throw tooMany('tensors', LIMITS.tensors)
      tensors.set(name, value)
      return
    }
    if (above.has(value)) return
    if (above.size >= LIMITS.depth) throw tooMany('levels of nested values', LIMITS.depth)
    above.add(value)
    const holding: Part[] = []
    for (const part of known.get(value) ?? partsOf(value)) {
      const full = name === '' ? part[0] : `${name}.${part[0]}`
      if (full.length > LIMITS.name) throw tooMany('characters in a name', LIMITS.name)
      const before = tensors.size
      visit(part[1], full, above, tensors)
      if (tensors.size > before) holding.push(part)
    }
    known.set(value, holding)
    above.delete(value)
  }

  return {
    below(root) {
      const tensors = new Map<string, TensorValue>()
      if (isCompound(root)) visit(root, '', new Set(), tensors)
      return tensors
    }
  }
}
