/**
 * What a pickle holds, as plain data. Nothing here has behaviour of the file's choosing: a class or a function is
 * its name, and what would have been called is a record of the name and the arguments.
 */
import type { StorageValue, TensorValue } from '../torch/values'

/** Lists, tuples and sets; a tuple's items never change. */
export interface SequenceValue {
  readonly kind: 'list' | 'tuple' | 'set'
  readonly items: Value[]
}

/** `entries` is null while empty: an empty Map is large, and files can hold millions. */
export interface DictValue {
  readonly kind: 'dict'
  entries: Map<Value, Value> | null
}

/** Bytes, and text too long to be a name: only the length is kept. */
export interface BlobValue {
  readonly kind: 'blob'
  readonly length: number
}

/** A class, function or constant, by name only. */
export interface GlobalValue {
  readonly kind: 'global'
  readonly module: string
  readonly name: string
}

/** What the file would have made by calling `callee`; nothing was called. */
export interface ObjectValue {
  readonly kind: 'object'
  readonly callee: Value
  readonly args: Value
  /** What BUILD would have set as its attributes. */
  state: Value
  /** What SETITEMS put into it (a subclass of dict). */
  entries: Map<Value, Value> | null
  /** What APPENDS and ADDITEMS put into it (a subclass of list or set). */
  items: Value[] | null
}

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | SequenceValue
  | DictValue
  | BlobValue
  | GlobalValue
  | ObjectValue
  | StorageValue
  | TensorValue

export type Compound = Extract<Value, { readonly kind: string }>

export function isCompound(value: Value | undefined): value is Compound {
  return typeof value === 'object' && value !== null
}

/** Short words for an error message. */
export function describe(value: Value | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'None'
  if (typeof value === 'string') return `"${value.slice(0, 40)}"`
  if (typeof value !== 'object') return String(value)
  if (value.kind === 'global') return `${value.module}.${value.name}`
  if (value.kind === 'object') return `an object of ${typeName(value)}`
  return `a ${value.kind}`
}

/** `module.name` of what the object would be made by. */
export function typeName({ callee }: ObjectValue): string {
  return isCompound(callee) && callee.kind === 'global'
    ? `${callee.module}.${callee.name}`
    : 'an unknown type'
}
