/** Sorts what is in a file: tensors of a network, and what is known to be none of it. */
import type { UnwrapStep } from '@shared/contract/model'
import { shorten } from '../text'
import { renamedTensor } from '../tensors'
import type { NamedTensors } from '../types'

/** Of batch norms, and of a moving average of the weights: nothing that a forward pass uses. */
const COUNTER = /(^|\.)(num_batches_tracked|n_averaged)$/
/** Batch norms of a second kind of images in training (AdvProp); clean images take the main ones. */
const AUXILIARY = /(^|[._])(aux_?bns?|bn_aux|bn\d+_aux)\./

export interface Inventory {
  readonly tensors: NamedTensors
  readonly ignored: readonly string[]
  readonly steps: readonly UnwrapStep[]
}

/** Wrappers that checkpointing, sharding and compiling put around modules within a network. */
const WITHIN =
  /(^|\.)_(checkpoint|fsdp)_wrapped_module(?=\.)|(?<=(^|\.)(layer\d+|blocks|stages|features|\d+))\._orig_mod(?=\.)/g

/** Names without the wrappers within; as they are where two would become one. */
function unwrappedWithin(source: NamedTensors): { tensors: NamedTensors; steps: readonly UnwrapStep[] } {
  const renamed = [...source.keys()].filter((name) => clean(name) !== name)
  if (renamed.length === 0) return { tensors: source, steps: [] }
  const tensors = new Map(
    [...source].map(([name, entry]) => [clean(name), renamedTensor(entry, clean(name))])
  )
  if (tensors.size !== source.size) return { tensors: source, steps: [] }
  const text = `Wrappers of modules were taken out of names, e.g. "${renamed[0] ?? ''}" is "${clean(renamed[0] ?? '')}".`
  return { tensors, steps: [{ kind: 'rename', text, names: renamed }] }
}

const clean = (name: string): string => name.replace(WITHIN, '').replace(/^\./, '')

export function inventoryOf(wrapped: NamedTensors): Inventory {
  const { tensors: source, steps } = unwrappedWithin(wrapped)
  const auxiliary = [...source.keys()].filter((name) => AUXILIARY.test(name))
  const counters = [...source.keys()].filter((name) => COUNTER.test(name))
  const ignored = new Set([...counters, ...auxiliary])
  return {
    tensors: new Map([...source].filter(([name]) => !ignored.has(name))),
    ignored: [...ignored],
    steps: [
      ...steps,
      ...drop(auxiliary, `Auxiliary batch norms were left out: ${shorten(auxiliary)}.`),
      ...drop(counters, `${counters.length} counters of training steps were left out.`)
    ]
  }
}

/** A step, if there is something to leave out. */
export function drop(names: readonly string[], text: string): UnwrapStep[] {
  return names.length === 0 ? [] : [{ kind: 'drop', text, names: [...names] }]
}
