/**
 * Python's pickle machine without Python: it keeps what a pickle says and runs none of it.
 * Source: pickletools.py, Lib/pickle.py (`_Unpickler`).
 */
import type { LinchpinError } from '@shared/errors'
import { invalid } from '../errors'
import type { ByteCursor } from './cursor'
import { describe, type DictValue, type Value } from './values'

/** A file beyond these has something else in mind than weights. They bound time to a second and memory to 200 MB. */
const LIMITS = { operations: 10_000_000, objects: 1_000_000, memo: 1_000_000, stack: 2_000_000 }

/** What a file may refer to by name. */
export interface Surroundings {
  /** What a global name stands for when it is called with these arguments; undefined: a record of the call. */
  reduce(module: string, name: string, args: readonly Value[]): Value | undefined
  /** What lies outside the pickle under this id. */
  persistent(id: Value): Value
}

export class PickleMachine {
  readonly cursor: ByteCursor
  readonly surroundings: Surroundings
  readonly #stack: Value[] = []
  /** Heights of the stack. */
  readonly #marks: number[] = []
  /** By index as a signed 32-bit number: the larger unsigned ones make a slow Map. */
  readonly #memo = new Map<number, Value>()
  #objects = 0
  #operations = 0

  constructor(cursor: ByteCursor, surroundings: Surroundings) {
    this.cursor = cursor
    this.surroundings = surroundings
  }

  fail(fact: string): LinchpinError {
    return invalid(this.cursor.path, `its pickle ${fact} (before byte ${String(this.cursor.offset)}).`)
  }

  countOperation(): void {
    if (++this.#operations > LIMITS.operations) throw this.#limit('operations', LIMITS.operations)
  }

  push(value: Value): void {
    if (typeof value !== 'number' && value !== null && typeof value !== 'boolean') this.#countObject()
    this.pushAgain(value)
  }

  /** Pushes what is already counted. */
  pushAgain(value: Value): void {
    if (this.#stack.length >= LIMITS.stack) throw this.#limit('values at once', LIMITS.stack)
    this.#stack.push(value)
  }

  pop(): Value {
    const value = this.top()
    this.#stack.pop()
    return value
  }

  top(): Value {
    const { length } = this.#stack
    const value = length > this.#floor() ? this.#stack[length - 1] : undefined
    if (value === undefined) throw this.fail('takes a value where there is none')
    return value
  }

  mark(): void {
    this.#countObject()
    this.#marks.push(this.#stack.length)
  }

  /** Takes all values above the last mark. */
  popToMark(): Value[] {
    const height = this.#marks.pop()
    if (height === undefined) throw this.fail('ends a group that it did not begin')
    return this.#stack.splice(height)
  }

  /** POP: the top value, or the mark where nothing lies above it. */
  drop(): void {
    if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop()
    else this.pop()
  }

  popMany(count: number): Value[] {
    if (this.#stack.length - count < this.#floor()) {
      throw this.fail('takes a value where there is none')
    }
    return this.#stack.splice(this.#stack.length - count)
  }

  remember(index: number, value: Value): void {
    if (this.#memo.size >= LIMITS.memo) throw this.#limit('remembered values', LIMITS.memo)
    this.#memo.set(index | 0, value)
  }

  get remembered(): number {
    return this.#memo.size
  }

  recall(index: number): Value {
    const value = this.#memo.get(index | 0)
    if (value === undefined) throw this.fail(`recalls value ${String(index)}, which it did not remember`)
    return value
  }

  setEntries(target: Value, pairs: readonly Value[]): void {
    if (
      typeof target !== 'object' ||
      target === null ||
      (target.kind !== 'dict' && target.kind !== 'object')
    ) {
      throw this.fail(`sets entries of ${describe(target)}`)
    }
    if (pairs.length % 2 !== 0) throw this.fail('sets a key without its value')
    if (pairs.length > 0) target.entries ??= new Map()
    for (let i = 0; i < pairs.length; i += 2) {
      this.#countObject()
      target.entries?.set(pairs[i] ?? null, pairs[i + 1] ?? null)
    }
  }

  append(target: Value, values: readonly Value[]): void {
    const items = itemsOf(target)
    if (items === null) throw this.fail(`appends to ${describe(target)}`)
    for (const value of values) items.push(value)
  }

  dict(pairs: readonly Value[]): DictValue {
    const dict: DictValue = { kind: 'dict', entries: null }
    this.setEntries(dict, pairs)
    return dict
  }

  /** What lies below the last mark is not to be taken. */
  #floor(): number {
    return this.#marks[this.#marks.length - 1] ?? 0
  }

  #countObject(): void {
    if (++this.#objects > LIMITS.objects) throw this.#limit('objects', LIMITS.objects)
  }

  #limit(what: string, limit: number): LinchpinError {
    return this.fail(`has more than ${String(limit)} ${what}`)
  }
}

function itemsOf(target: Value): Value[] | null {
  if (typeof target !== 'object' || target === null) return null
  if (target.kind === 'list' || target.kind === 'set') return target.items
  if (target.kind === 'object') return (target.items ??= [])
  return null
}
