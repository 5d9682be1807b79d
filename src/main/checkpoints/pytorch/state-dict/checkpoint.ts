import { chosenOf } from '../../choice'
import type { CheckpointFile, OpenOptions, OpenedStateDict, TensorEntry } from '../../types'
import { isCompound, type Value } from '../pickle/values'
import { tensorEntry, type StorageSource } from '../torch/tensor'
import { findContainers, type Container } from './container'

/** More, or longer, are no facts about the weights. */
const MOST_FACTS = 100
const LONGEST_FACT = 200

/**
 * The checkpoint that a pickled value is: its weights, and what stands beside them as plain text and numbers.
 * Of the other state dicts in it nothing is read.
 * @throws FORMAT_INVALID, FILE_TRUNCATED, OPTION_INVALID.
 */
export function stateDictCheckpoint(
  file: CheckpointFile,
  root: Value,
  source: StorageSource,
  options: OpenOptions
): OpenedStateDict {
  const [first, ...rest] = findContainers(file.path, root, options.part === true ? 1 : undefined)
  const containers = [named(first), ...rest.map(named)] as const
  const chosen = chosenOf(file.path, containers, options)
  const { name: container, tensors } = chosen
  const entries = new Map<string, TensorEntry>()
  for (const [name, tensor] of tensors) entries.set(name, tensorEntry(source, name, tensor))
  return {
    kind: 'state-dict',
    format: 'pytorch',
    container: container === '' ? null : container,
    stateDicts: containers
      .filter(({ name }) => name !== '')
      .map((each) => ({
        name: each.name,
        tensors: each.tensors.size,
        averaged: each.averaged,
        chosen: each === chosen
      })),
    tensors: entries,
    metadata: Object.fromEntries(factsOf(root)),
    files: [file.path],
    close: () => file.close()
  }
}

function named(container: Container): Container & { readonly name: string } {
  return { ...container, name: container.keys.join('.') }
}

/** E.g. `arch: 'resnet50'`, `epoch: '90'`. */
function factsOf(root: Value): ReadonlyMap<string, string> {
  const facts = new Map<string, string>()
  for (const [key, value] of isCompound(root) && root.kind === 'dict' ? (root.entries ?? []) : []) {
    if (typeof key !== 'string' || key.length > LONGEST_FACT || facts.size >= MOST_FACTS) continue
    if (typeof value === 'number' || typeof value === 'boolean') facts.set(key, String(value))
    else if (typeof value === 'string' && value.length <= LONGEST_FACT) facts.set(key, value)
  }
  return facts
}
