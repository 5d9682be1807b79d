/** Which of a checkpoint's dicts are weights. */
import { unreadable } from '../errors'
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
  'shadow',
  'swa_state_dict',
  'swa_model',
  'model_swa',
  'averaged_model',
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

/** Words in a key that say that the weights below are moving averages. */
const AVERAGED =
  /(?:^|[^a-z])(?:ema|swa|averaged?|avg|shadow|polyak)(?:[^a-z]|$)|[a-z](?:Ema|Swa|EMA|SWA)(?![a-z])/

const DEEPEST = 3
const MOST = 100
/** One tensor is no state dict. */
const FEWEST = 2

export interface Container {
  /** The keys that lead to it from the file's root. */
  readonly keys: readonly string[]
  readonly tensors: ReadonlyMap<string, TensorValue>
  /** Moving averages of the weights. */
  readonly averaged: boolean
}

type Found = Omit<Container, 'averaged'>

/**
 * All state dicts of a file, the one to take by default first: averaged before raw, then by name.
 * @param fewest tensors of a state dict; a part of a sharded one can have a single tensor.
 * @throws FORMAT_INVALID when there are no weights.
 */
export function findContainers(
  path: string,
  root: Value,
  fewest = FEWEST
): readonly [Container, ...Container[]] {
  const enough: Test = (tensors) => tensors.size >= fewest
  const found = isCompound(root) ? candidates(tensorTree(path), root, enough) : []
  const all = found.filter(({ tensors }) => enough(tensors))
  const marked = all.map((container) => ({ ...container, averaged: isAveraged(container, all) }))
  const [first, ...rest] = marked.toSorted((a, b) => Number(b.averaged) - Number(a.averaged))
  if (first === undefined) throw unreadable(path, `it holds no state dict of tensors${entriesText(root)}.`)
  return [first, ...rest]
}

type Test = (tensors: Found['tensors']) => boolean

function candidates(tree: TensorTree, root: Compound, enough: Test): readonly Found[] {
  /** What keeps moving averages often keeps them as lists, without names. */
  const named: Test = (tensors) =>
    enough(tensors) && [...tensors.keys()].some((name) => /(^|\.)weight$/.test(name))
  const known = byName(tree, root, [], named)
  const others = isModule(root) ? [] : otherParts(tree, root, named)
  if (known.length > 0) return [...known, ...others].slice(0, MOST)
  // Averages of the same names are another state of the network; otherwise these are parts of it.
  const averages = others.filter(({ keys }) => AVERAGED.test(keys[0] ?? ''))
  if (averages.some((one) => others.some((other) => other !== one && sameNames(one, other)))) return others
  const unnamed = byName(tree, root, [], enough)
  return unnamed.length > 0 ? unnamed : [byContent(tree, root)]
}

/** Below the names that are known, the deepest ones. */
function byName(tree: TensorTree, value: Compound, keys: readonly string[], test: Test): readonly Found[] {
  if (keys.length >= DEEPEST) return []
  return NAMES.flatMap((name) => {
    const inner = lookup(value, name)
    if (!isCompound(inner) || inner.kind === 'tensor') return []
    const below = [...keys, name]
    const deeper = byName(tree, inner, below, test)
    if (deeper.length > 0) return deeper
    const tensors = tree.below(inner)
    return test(tensors) ? [{ keys: below, tensors }] : []
  })
}

/** Below names of the user's own. */
function otherParts(tree: TensorTree, root: Compound, test: Test): readonly Found[] {
  const names: readonly string[] = NAMES
  const found: Found[] = []
  for (const [name, value] of partsOf(root)) {
    if (value.kind === 'tensor' || names.includes(name) || OTHER.test(name) || found.length >= MOST) continue
    const tensors = tree.below(value)
    if (test(tensors)) found.push({ keys: [name], tensors })
  }
  return found
}

function sameNames({ tensors: a }: Found, { tensors: b }: Found): boolean {
  return a.size === b.size && [...a.keys()].every((name) => b.has(name))
}

/** The only one of the root's parts that holds tensors, or the root itself; without groups known to be no weights. */
function byContent(tree: TensorTree, root: Compound): Found {
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

/** By its keys; by what PyTorch's AveragedModel counts; or as the teacher that follows a student. */
function isAveraged({ keys, tensors }: Found, all: readonly Found[]): boolean {
  if (keys.some((key) => AVERAGED.test(key)) || tensors.has('n_averaged')) return true
  const at = keys.indexOf('teacher')
  const student = [...keys.slice(0, at), 'student'].join('.')
  return at >= 0 && all.some((other) => other.keys.slice(0, at + 1).join('.') === student)
}

function entriesText(root: Value): string {
  if (!isCompound(root) || root.kind !== 'dict' || root.entries === null) return ''
  const names = Array.from(root.entries.keys())
    .slice(0, 5)
    .map((key) => describe(key))
  return `; its root has ${root.entries.size} entries, e.g. ${names.join(', ')}`
}
