/** Wrappers that training code leaves in the names of a state dict. */
import type { TensorEntry } from '../../checkpoints'

const PREFIXES = [
  'module.',
  'model.',
  '_orig_mod.',
  'backbone.',
  'encoder.',
  'base_encoder.',
  'net.'
] as const

/** Counters of batch norms: nothing that a forward pass uses. */
const IGNORED = /(^|\.)num_batches_tracked$/

export interface Unwrapped {
  readonly tensors: ReadonlyMap<string, TensorEntry>
  /** In the order in which they were taken off. */
  readonly prefixes: readonly string[]
  readonly ignored: readonly string[]
}

/** Takes prefixes off that all tensors share, again and again until none is left. */
export function unwrap(source: ReadonlyMap<string, TensorEntry>): Unwrapped {
  const ignored = [...source.keys()].filter((name) => IGNORED.test(name))
  let tensors = new Map([...source].filter(([name]) => !IGNORED.test(name)))
  const prefixes: string[] = []
  for (;;) {
    const names = [...tensors.keys()]
    const prefix = PREFIXES.find((candidate) => names.every((name) => name.startsWith(candidate)))
    if (prefix === undefined || names.length === 0) return { tensors, prefixes, ignored }
    prefixes.push(prefix)
    tensors = new Map([...tensors].map(([name, entry]) => [name.slice(prefix.length), entry]))
  }
}
