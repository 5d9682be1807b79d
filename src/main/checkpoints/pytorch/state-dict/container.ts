/** Which of a checkpoint's dicts are the weights. */
import { invalid } from '../errors'
import { describe, isCompound, type Compound, type Value } from '../pickle/values'
import type { TensorValue } from '../torch/values'
import { isModule, lookup, partsOf } from './mapping'
import { tensorTree, type TensorTree } from './tree'

/** Names under which training code saves weights; averaged ones first, for they are what is evaluated. */
const NAMES = [
  'state_dict_ema',
  'model_ema',
  'ema_state_dict',
  'ema_model',
  'ema',
  'state_dict',
  'model_state_dict',
  'model',
  'online_backbone',
  'teacher',
  'student',
  'resnet',
  'net',
  'network',
  'module',
  'weights',
  'params'
] as const

/** Groups of tensors that are no weights: moments of an optimizer, states of random generators. */
const OTHER = /optim|sched|scaler|rng|random|loss|callbacks|loops/i

const DEEPEST = 3
/** One tensor is no state dict. */
const FEWEST = 2

export interface Container {
  /** The keys that lead to it from the file's root. */
  readonly keys: readonly string[]
  readonly tensors: ReadonlyMap<string, TensorValue>
}

/** @throws FORMAT_INVALID when there are no weights. */
export function chooseContainer(path: string, root: Value): Container {
  const tree = tensorTree(path)
  const found = isCompound(root) ? firstOf(tree, root) : null
  if (found !== null && isEnough(found.tensors)) return found
  throw invalid(path, `it holds no state dict${entriesText(root)}.`)
}

type Test = (tensors: Container['tensors']) => boolean

const isEnough: Test = (tensors) => tensors.size >= FEWEST

/** What keeps moving averages often keeps them as lists, without names. */
const hasNames: Test = (tensors) =>
  isEnough(tensors) && [...tensors.keys()].some((name) => /(^|\.)weight$/.test(name))

function firstOf(tree: TensorTree, root: Compound): Container {
  return byName(tree, root, [], hasNames) ?? byName(tree, root, [], isEnough) ?? byContent(tree, root)
}

function byName(tree: TensorTree, value: Compound, keys: readonly string[], test: Test): Container | null {
  if (keys.length >= DEEPEST) return null
  for (const name of NAMES) {
    const inner = lookup(value, name)
    if (!isCompound(inner) || inner.kind === 'tensor') continue
    const below = [...keys, name]
    const deeper = byName(tree, inner, below, test)
    if (deeper !== null) return deeper
    const tensors = tree.below(inner)
    if (test(tensors)) return { keys: below, tensors }
  }
  return null
}

/** The only one of the root's parts that holds tensors, or the root itself; without groups known to be no weights. */
function byContent(tree: TensorTree, root: Compound): Container {
  if (root.kind === 'tensor' || isModule(root)) return { keys: [], tensors: tree.below(root) }
  const parts = partsOf(root)
    .filter(([name, value]) => value.kind === 'tensor' || !OTHER.test(name))
    .map(([name, value]) => ({ name, value, tensors: value.kind === 'tensor' ? null : tree.below(value) }))
    .filter(({ tensors }) => tensors === null || tensors.size > 0)
  const [only] = parts
  if (parts.length === 1 && only?.tensors != null) return { keys: [only.name], tensors: only.tensors }
  const entries = new Map<Value, Value>(parts.map(({ name, value }) => [name, value]))
  return { keys: [], tensors: tree.below({ kind: 'dict', entries }) }
}

function entriesText(root: Value): string {
  if (!isCompound(root) || root.kind !== 'dict' || root.entries === null) return ''
  const names = Array.from(root.entries.keys())
    .slice(0, 5)
    .map((key) => describe(key))
  return `; its root has ${root.entries.size} entries, e.g. ${names.join(', ')}`
}
