/** Pickled values seen as what they hold by name. */
import {
  isCompound,
  typeName,
  type Compound,
  type DictValue,
  type ObjectValue,
  type Value
} from '../pickle/values'

/** What may hold tensors, with its name. */
export type Part = readonly [name: string, value: Compound]

/** Parts of a dict, of a sequence (by position), of a module, or of any other object (its items and attributes). */
export function partsOf(value: Compound): readonly Part[] {
  switch (value.kind) {
    case 'dict':
      return parts(value.entries ?? [])
    case 'list':
    case 'tuple':
      return parts(value.items.entries())
    case 'object': {
      if (isModule(value)) return moduleParts(value)
      return [...parts(value.entries ?? []), ...parts(attributes(value)?.entries ?? [])]
    }
    default:
      return []
  }
}

/** The entry or attribute of this name, of anything but a module. */
export function lookup(value: Compound, name: string): Value | undefined {
  if (value.kind === 'dict') return value.entries?.get(name)
  if (value.kind !== 'object' || isModule(value)) return undefined
  return value.entries?.get(name) ?? attributes(value)?.entries?.get(name)
}

/** Whether it is a pickled nn.Module or a TorchScript module. */
export function isModule(value: Compound): boolean {
  return (
    value.kind === 'object' &&
    (isScript(value) || (moduleDict(value, '_parameters') && moduleDict(value, '_modules')) !== null)
  )
}

function isScript(value: ObjectValue): boolean {
  return typeName(value).startsWith('__torch__.')
}

/** Named as `Module.state_dict()` names them: parameters, lasting buffers, submodules. */
function moduleParts(value: ObjectValue): readonly Part[] {
  // A script has parameters, buffers and submodules side by side, among its other attributes.
  if (isScript(value)) return parts(attributes(value)?.entries ?? [])
  const transient = attributes(value)?.entries?.get('_non_persistent_buffers_set')
  const skipped = new Set(isCompound(transient) && transient.kind === 'set' ? transient.items : [])
  return [
    ...parts(moduleDict(value, '_parameters')?.entries ?? []),
    ...parts(moduleDict(value, '_buffers')?.entries ?? []).filter(([name]) => !skipped.has(name)),
    ...parts(moduleDict(value, '_modules')?.entries ?? [])
  ]
}

function moduleDict(value: ObjectValue, name: string): DictValue | null {
  return asDict(attributes(value)?.entries?.get(name))
}

/** What BUILD set: a dict, or a pair of one and of the values of `__slots__`. */
function attributes({ state }: ObjectValue): DictValue | null {
  return asDict(isCompound(state) && state.kind === 'tuple' ? state.items[0] : state)
}

function asDict(value: Value | undefined): DictValue | null {
  return isCompound(value) && value.kind === 'dict' ? value : null
}

function parts(entries: Iterable<readonly [Value, Value]>): Part[] {
  const found: Part[] = []
  for (const [key, value] of entries) {
    if (isCompound(value) && (typeof key === 'string' || typeof key === 'number'))
      found.push([String(key), value])
  }
  return found
}
