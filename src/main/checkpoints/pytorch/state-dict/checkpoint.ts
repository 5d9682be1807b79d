import type { CheckpointFile, StateDictCheckpoint, TensorEntry } from '../../types'
import { isCompound, type Value } from '../pickle/values'
import { tensorEntry, type StorageSource } from '../torch/tensor'
import { chooseContainer } from './container'

/** More, or longer, are no facts about the weights. */
const MOST_FACTS = 100
const LONGEST_FACT = 200

/**
 * The checkpoint that a pickled value is: its weights, and what stands beside them as plain text and numbers.
 * @throws FORMAT_INVALID, FILE_TRUNCATED.
 */
export function stateDictCheckpoint(
  file: CheckpointFile,
  root: Value,
  source: StorageSource
): StateDictCheckpoint {
  const { keys, tensors } = chooseContainer(file.path, root)
  const entries = new Map<string, TensorEntry>()
  for (const [name, tensor] of tensors) entries.set(name, tensorEntry(source, name, tensor))
  return {
    kind: 'state-dict',
    format: 'pytorch',
    container: keys.length === 0 ? null : keys.join('.'),
    stateDicts: [],
    tensors: entries,
    metadata: Object.fromEntries(factsOf(root)),
    config: null,
    files: [file.path],
    close: () => file.close()
  }
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
