/**
 * Models that are protobuf messages, as ONNX files are, told apart by their first fields. Sources: tensorflow's
 * saved_model.proto and graph.proto, coremltools' Model.proto.
 */
import type { Glance } from './glance'

/** Field number and wire type. */
const tag = (field: number, wire: number): number => (field << 3) | wire
const VERSION = tag(1, 0)
const FIRST_MESSAGE = tag(1, 2)
const SECOND_MESSAGE = tag(2, 2)

interface Field {
  readonly length: number
  /** Where its content begins. */
  readonly start: number
}

/** A field that is a message, text or bytes; null where another field stands. */
function fieldAt(head: Uint8Array, at: number, expected: number): Field | null {
  if (head[at] !== expected) return null
  let length = 0
  for (let i = 0; i < 5; i++) {
    const byte = head[at + 1 + i]
    if (byte === undefined) return null
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { length, start: at + 2 + i }
  }
  return null
}

/** A version, then a message that begins with one: ONNX has the exporter's name there. */
function secondMessage({ head }: Glance): Field | null {
  const [first, version = 0x80] = head
  if (first !== VERSION || version >= 0x80) return null
  const field = fieldAt(head, 2, SECOND_MESSAGE)
  return field !== null && head[field.start] === FIRST_MESSAGE ? field : null
}

/** Schema version 1, then a graph. */
export function isSavedModel(glance: Glance): boolean {
  return glance.head[1] === 1 && secondMessage(glance) !== null && !isCoreMl(glance)
}

/** Specification version, then a description. */
export function isCoreMl(glance: Glance): boolean {
  return secondMessage(glance) !== null && (glance.head[1] !== 1 || /\.mlmodel$/i.test(glance.name))
}

/** A node: its name, then its operation, e.g. `Placeholder`. */
export function isFrozenGraph({ head }: Glance): boolean {
  const node = fieldAt(head, 0, FIRST_MESSAGE)
  const name = node === null ? null : fieldAt(head, node.start, FIRST_MESSAGE)
  const operation = name === null ? null : fieldAt(head, name.start + name.length, SECOND_MESSAGE)
  if (operation === null) return false
  const text = head.subarray(operation.start, operation.start + operation.length)
  return text.length > 0 && /^[A-Za-z_]\w*$/.test(new TextDecoder('latin1').decode(text))
}
