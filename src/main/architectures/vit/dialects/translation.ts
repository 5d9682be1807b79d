/** Names of another library as timm's: tensors renamed, joined and left out. */
import type { UnwrapStep } from '@shared/contract/model'
import type { TensorEntry } from '../../../checkpoints'
import { renamedTensor, stackedTensor } from '../../tensors'
import { shorten } from '../../text'
import type { Dialect, NamedTensors, Translation } from '../../types'

/** What becomes of one tensor. */
export type Renaming =
  /** Another name, or the same one. */
  | string
  /** Left out: nothing that logits depend on. */
  | null
  /** One of several that are stacked along their first axis. */
  | { readonly name: string; readonly part: number; readonly of: number }

export interface Naming {
  /** Whose names they are, e.g. `torchvision's ViT`. */
  readonly name: string
  /** Whether these are its names. */
  spoken(tensors: NamedTensors): boolean
  rename(name: string): Renaming
  /** What the naming implies. */
  readonly implied?: (tensors: NamedTensors) => Pick<Translation, 'hints' | 'normalization'>
}

/** Null, when asked, also where two names would become one: then these are not the library's names. */
export function dialectOf(naming: Naming): Dialect {
  return {
    name: naming.name,
    translate: (tensors) => (naming.spoken(tensors) ? translate(tensors, naming) : null)
  }
}

function translate(tensors: NamedTensors, naming: Naming): Translation | null {
  const result = new Map<string, TensorEntry>()
  const parts = new Map<string, (TensorEntry | undefined)[]>()
  const renamed: string[] = []
  const dropped: string[] = []
  const stacked: string[] = []
  let count = 0
  const put = (name: string, entry: TensorEntry): void => {
    result.set(name, entry)
    count++
  }
  for (const [old, entry] of tensors) {
    const renaming = naming.rename(old)
    if (renaming === null) dropped.push(old)
    else if (typeof renaming === 'string') {
      if (renaming !== old) renamed.push(old)
      put(renaming, renaming === old ? entry : renamedTensor(entry, renaming))
    } else {
      stacked.push(old)
      const { name, part, of } = renaming
      const group = parts.get(name) ?? Array.from({ length: of }, () => undefined)
      group[part] = entry
      parts.set(name, group)
    }
  }
  for (const [name, group] of parts) {
    const entries = group.filter((entry) => entry !== undefined)
    if (entries.length === group.length) put(name, stackedTensor(entries, name))
    // Half a matrix is none: its parts are left over below the name that they would have had together.
    else entries.forEach((entry, i) => put(`${name}.${String(i)}`, entry))
  }
  if (result.size < count) return null
  const first = renamed[0]
  const example = first === undefined ? '' : `, e.g. "${first}" to "${nameOf(naming.rename(first))}"`
  const steps: UnwrapStep[] = [
    { kind: 'rename', text: `Names of ${naming.name} were translated to timm's${example}.`, names: renamed }
  ]
  if (stacked.length > 0) {
    const joined = [...parts.keys()]
    const text = `Matrices that timm keeps as one were joined: ${shorten(joined)}.`
    steps.push({ kind: 'merge', text, names: stacked })
  }
  if (dropped.length > 0) {
    steps.push({
      kind: 'drop',
      text: `Logits do not depend on ${shorten(dropped)}: left out.`,
      names: dropped
    })
  }
  return { tensors: result, steps, ...naming.implied?.(tensors) }
}

function nameOf(renaming: Renaming): string {
  return renaming === null ? '' : typeof renaming === 'string' ? renaming : renaming.name
}
