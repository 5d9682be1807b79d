/** The operations of pickle protocols 0 to 5. Source: pickletools.py. */
import { exact } from './cursor'
import type { PickleMachine } from './machine'
import { build, object, reduce } from './objects'
import { unescapeUnicode, unquote } from './text'
import type { BlobValue, Value } from './values'

export type Operation = (machine: PickleMachine) => void

const HIGHEST_PROTOCOL = 5

type Pushing = (machine: PickleMachine) => Value

const pushes =
  (value: Pushing): Operation =>
  (machine) =>
    machine.push(value(machine))

const refuses =
  (name: string): Operation =>
  (machine) => {
    throw machine.fail(`uses ${name}, which no checkpoint needs`)
  }

const tuple =
  (count: number): Pushing =>
  (machine) => ({ kind: 'tuple', items: machine.popMany(count) })

const collected =
  (kind: 'list' | 'tuple' | 'set'): Pushing =>
  (machine) => ({ kind, items: machine.popToMark() })

const text =
  (length: (machine: PickleMachine) => number): Pushing =>
  (machine) =>
    machine.cursor.text(length(machine))

const blob =
  (length: (machine: PickleMachine) => number): Pushing =>
  (machine) =>
    machine.cursor.blob(length(machine))

const uint8 = ({ cursor }: PickleMachine): number => cursor.uint8()
const uint16 = ({ cursor }: PickleMachine): number => cursor.uint16()
const int32 = ({ cursor }: PickleMachine): number => cursor.int32()
const uint32 = ({ cursor }: PickleMachine): number => cursor.uint32()
const uint64 = ({ cursor }: PickleMachine): number => cursor.uint64()
const lineNumber = (machine: PickleMachine): number => {
  const line = machine.cursor.line()
  if (!/^\d{1,9}$/.test(line)) throw machine.fail(`has "${line.slice(0, 40)}" where a number is expected`)
  return Number(line)
}

const remembers =
  (index: (machine: PickleMachine) => number): Operation =>
  (machine) =>
    machine.remember(index(machine), machine.top())

const recalls =
  (index: (machine: PickleMachine) => number): Operation =>
  (machine) =>
    machine.pushAgain(machine.recall(index(machine)))

function integerText(machine: PickleMachine): Value {
  const line = machine.cursor.line()
  if (line === '00') return false
  if (line === '01') return true
  if (!/^\s*[-+]?\d{1,1000}L?\s*$/.test(line)) {
    throw machine.fail(`has "${line.slice(0, 40)}" where a whole number is expected`)
  }
  return exact(BigInt(line.replace(/[\sL+]/g, '')))
}

function floatText(machine: PickleMachine): number {
  const line = machine.cursor.line().trim()
  const value = { inf: Infinity, '-inf': -Infinity, nan: NaN }[line] ?? Number(line)
  if (line === '' || (Number.isNaN(value) && line !== 'nan')) {
    throw machine.fail(`has "${line.slice(0, 40)}" where a number is expected`)
  }
  return value
}

function quotedText(machine: PickleMachine): string | BlobValue {
  const line = machine.cursor.textLine()
  if (typeof line !== 'string') return line
  const value = unquote(line)
  if (value === null) throw machine.fail('has a string without quotes')
  return value
}

function unicodeText({ cursor }: PickleMachine): string | BlobValue {
  const line = cursor.textLine()
  return typeof line === 'string' ? unescapeUnicode(line) : line
}

const nameLines = ({ cursor }: PickleMachine): Value => {
  const module = cursor.line()
  return { kind: 'global', module, name: cursor.line() }
}

function namedByStack(machine: PickleMachine): Value {
  const [module, name] = machine.popMany(2)
  if (typeof module !== 'string' || typeof name !== 'string') {
    throw machine.fail('names a global by something other than text')
  }
  return { kind: 'global', module, name }
}

/** INST and OBJ make an instance of a class from what lies above the mark. */
function instance(callee: Value, items: Value[]): Value {
  return object(callee, { kind: 'tuple', items })
}

const operations: readonly (readonly [number, Operation])[] = [
  // Protocol and structure
  [
    0x80,
    (machine) => {
      const protocol = machine.cursor.uint8()
      if (protocol > HIGHEST_PROTOCOL) {
        throw machine.fail(`has protocol ${String(protocol)}; expected at most ${String(HIGHEST_PROTOCOL)}`)
      }
    }
  ],
  // FRAME is a hint for reading ahead.
  [0x95, ({ cursor }) => void cursor.uint64()],
  [code('('), (machine) => machine.mark()],
  [code('0'), (machine) => machine.drop()],
  [code('1'), (machine) => void machine.popToMark()],
  [code('2'), (machine) => machine.pushAgain(machine.top())],
  // Constants and numbers
  [code('N'), pushes(() => null)],
  [0x88, pushes(() => true)],
  [0x89, pushes(() => false)],
  [code('I'), pushes(integerText)],
  [code('L'), pushes(integerText)],
  [code('J'), pushes(int32)],
  [code('K'), pushes(uint8)],
  [code('M'), pushes(uint16)],
  [0x8a, pushes(({ cursor }) => cursor.integer(cursor.uint8()))],
  [0x8b, pushes(({ cursor }) => cursor.integer(cursor.uint32()))],
  [code('F'), pushes(floatText)],
  [code('G'), pushes(({ cursor }) => cursor.float64())],
  // Text and bytes
  [code('S'), pushes(quotedText)],
  [code('V'), pushes(unicodeText)],
  [code('T'), pushes(text(uint32))],
  [code('U'), pushes(text(uint8))],
  [code('X'), pushes(text(uint32))],
  [0x8c, pushes(text(uint8))],
  [0x8d, pushes(text(uint64))],
  [code('B'), pushes(blob(uint32))],
  [code('C'), pushes(blob(uint8))],
  [0x8e, pushes(blob(uint64))],
  [0x96, pushes(blob(uint64))],
  [0x97, refuses('NEXT_BUFFER')],
  [0x98, refuses('READONLY_BUFFER')],
  // Containers
  [code(')'), pushes(tuple(0))],
  [0x85, pushes(tuple(1))],
  [0x86, pushes(tuple(2))],
  [0x87, pushes(tuple(3))],
  [code('t'), pushes(collected('tuple'))],
  [code(']'), pushes(() => ({ kind: 'list', items: [] }))],
  [code('l'), pushes(collected('list'))],
  [0x8f, pushes(() => ({ kind: 'set', items: [] }))],
  [0x91, pushes(collected('set'))],
  [code('}'), pushes(() => ({ kind: 'dict', entries: null }))],
  [code('d'), pushes((machine) => machine.dict(machine.popToMark()))],
  [
    code('a'),
    (machine) => {
      const value = machine.pop()
      machine.append(machine.top(), [value])
    }
  ],
  [code('e'), appendMarked],
  [0x90, appendMarked],
  [
    code('s'),
    (machine) => {
      const pair = machine.popMany(2)
      machine.setEntries(machine.top(), pair)
    }
  ],
  [
    code('u'),
    (machine) => {
      const pairs = machine.popToMark()
      machine.setEntries(machine.top(), pairs)
    }
  ],
  // Memory
  [code('p'), remembers(lineNumber)],
  [code('q'), remembers(uint8)],
  [code('r'), remembers(uint32)],
  [0x94, remembers((machine) => machine.remembered)],
  [code('g'), recalls(lineNumber)],
  [code('h'), recalls(uint8)],
  [code('j'), recalls(uint32)],
  // Names and objects
  [code('c'), pushes(nameLines)],
  [0x93, pushes(namedByStack)],
  [0x82, refuses('EXT1')],
  [0x83, refuses('EXT2')],
  [0x84, refuses('EXT4')],
  [
    code('R'),
    (machine) => {
      const [callee = null, args = null] = machine.popMany(2)
      machine.push(reduce(machine, callee, args))
    }
  ],
  [
    0x81,
    (machine) => {
      const [type = null, args = null] = machine.popMany(2)
      machine.push(reduce(machine, type, args))
    }
  ],
  [
    0x92,
    (machine) => {
      const [type = null, args = null] = machine.popMany(3)
      machine.push(object(type, args))
    }
  ],
  [code('i'), pushes((machine) => instance(nameLines(machine), machine.popToMark()))],
  [
    code('o'),
    pushes((machine) => {
      const [type = null, ...items] = machine.popToMark()
      return instance(type, items)
    })
  ],
  [
    code('b'),
    (machine) => {
      const state = machine.pop()
      build(machine.top(), state)
    }
  ],
  [code('P'), pushes((machine) => machine.surroundings.persistent(machine.cursor.line()))],
  [code('Q'), pushes((machine) => machine.surroundings.persistent(machine.pop()))]
]

function code(letter: string): number {
  return letter.charCodeAt(0)
}

function appendMarked(machine: PickleMachine): void {
  const values = machine.popToMark()
  machine.append(machine.top(), values)
}

/** By their codes; STOP (`.`) is not among them. */
export const OPERATIONS: readonly (Operation | undefined)[] = Array.from(
  { length: 256 },
  () => undefined
).map((_, index) => operations.find(([at]) => at === index)?.[1])
