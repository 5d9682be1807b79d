/** Finds the networks in a state dict: prefixes below which the names are a network's. */
import type { NamedTensors } from '../types'
import type { TensorEntry } from '../../checkpoints'
import type { Reading } from '../reading'

/** A network of fewer tensors is none that is known. */
const FEWEST = 4
/** Wrappers inside wrappers; deeper names are a network's own. */
const DEEPEST = 10
/** Prefixes that are tried, from the shortest on. */
const MOST = 400

export interface Found {
  /** E.g. `module.model.`; empty: the names as they are. */
  readonly prefix: string
  readonly reading: Reading
}

interface Branch {
  readonly prefix: string
  readonly depth: number
  /** Names without the prefix. */
  readonly tensors: NamedTensors
}

/**
 * Every prefix whose tensors `read` knows, shortest first. Below a network that is complete nothing else is looked
 * for among its own tensors.
 */
export function findNetworks(
  tensors: NamedTensors,
  read: (tensors: NamedTensors) => Reading | null
): readonly Found[] {
  const found: Found[] = []
  const queue: Branch[] = [{ prefix: '', depth: 0, tensors }]
  for (let at = 0; at < queue.length && at < MOST; at++) {
    const branch = queue[at]
    if (branch === undefined) break
    const reading = read(branch.tensors)
    if (reading !== null) found.push({ prefix: branch.prefix, reading })
    if (branch.depth < DEEPEST) queue.push(...branchesOf(branch, ownedBy(reading)))
  }
  return found
}

/** Whether a name belongs to a network that was found complete. */
function ownedBy(reading: Reading | null): (name: string) => boolean {
  if (reading === null || reading.fit.problems > 0) return () => false
  if (reading.translated) return () => true
  const { targets, owns } = reading.recognition
  return (name) => targets.has(name) || owns(name)
}

function branchesOf({ prefix, depth, tensors }: Branch, owned: (name: string) => boolean): Branch[] {
  const children = new Map<string, Map<string, TensorEntry>>()
  for (const [name, entry] of tensors) {
    const end = name.indexOf('.') + 1
    if (end === 0 || owned(name)) continue
    const segment = name.slice(0, end)
    const child = children.get(segment) ?? new Map<string, TensorEntry>()
    child.set(name.slice(end), entry)
    children.set(segment, child)
  }
  return [...children]
    .filter(([, child]) => child.size >= FEWEST)
    .map(([segment, child]) => ({ prefix: prefix + segment, depth: depth + 1, tensors: child }))
}
