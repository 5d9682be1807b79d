/**
 * Walks through a protobuf message before it is decoded: a few bytes can stand for a message, so a small file can
 * claim more objects than fit into memory. Source: protobuf's encoding specification.
 */
import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { WireType } from '@bufbuild/protobuf/wire'

/** Graphs within graphs; exporters write two or three levels, each of four messages. */
const DEEPEST = 64

/** Bytes of memory that one value becomes, beyond those that it has in the file. Measured in Node 24, rounded up. */
const COSTS = { message: 400, bytes: 200, text: 60, integer64: 48, unknown: 300 }

/** Messages, texts and 64-bit numbers of a graph of 20 000 nodes need half of it. */
const LARGEST = 160 * 2 ** 20

const LENGTH_DELIMITED: number = WireType.LengthDelimited

type Fields = ReadonlyMap<number, DescField>
type Integer64 = ScalarType.INT64 | ScalarType.UINT64 | ScalarType.SINT64

/**
 * Null when the message can be decoded; otherwise what is wrong with it.
 * @param bytes the encoded message.
 */
export function protobufProblem(type: DescMessage, bytes: Uint8Array): string | null {
  const tables = new Map<DescMessage, Fields>()
  let cost = 0
  let problem: string | null = null

  function fieldsOf(message: DescMessage): Fields {
    const known = tables.get(message) ?? new Map(message.fields.map((field) => [field.number, field]))
    tables.set(message, known)
    return known
  }

  function visit(message: DescMessage, start: number, end: number, depth: number): void {
    if (depth > DEEPEST) problem = `more than ${DEEPEST} levels of messages`
    const fields = fieldsOf(message)
    let at = start
    while (at < end && problem === null) {
      const tag = varint(bytes, at, end)
      if (tag === null) {
        truncated(at)
        return
      }
      at = tag.end
      const field = fields.get(Math.floor(tag.value / 8))
      const wire = tag.value % 8
      let next = skipped(wire, at, end)
      if (wire === LENGTH_DELIMITED) {
        const length = varint(bytes, at, end)
        if (length === null || length.value > end - length.end) {
          truncated(at)
          return
        }
        next = length.end + length.value
        const inner = field?.message
        if (inner != null) visit(inner, length.end, next, depth + 1)
        else if (field !== undefined && isInteger64(field))
          cost += COSTS.integer64 * countVarints(length.end, next)
      }
      if (next === null) {
        truncated(at)
        return
      }
      at = next
      cost += costOf(field)
      if (cost > LARGEST) problem = `more than ${LARGEST} bytes of messages and numbers`
    }
  }

  function truncated(at: number): void {
    problem ??= `a field that does not end, at byte ${at}`
  }

  /** Where a field of this wire type ends; null where it does not, or a length stands before it. */
  function skipped(wire: number, at: number, end: number): number | null {
    switch (wire) {
      case WireType.Varint:
        return varint(bytes, at, end)?.end ?? null
      case WireType.Bit64:
        return at + 8 <= end ? at + 8 : null
      case WireType.Bit32:
        return at + 4 <= end ? at + 4 : null
      default:
        return null
    }
  }

  function countVarints(start: number, end: number): number {
    let count = 0
    for (let at = start; at < end; at++) if ((bytes[at] ?? 0) < 0x80) count += 1
    return count
  }

  visit(type, 0, bytes.length, 0)
  return problem
}

function costOf(field: DescField | undefined): number {
  if (field === undefined) return COSTS.unknown
  if (field.message != null) return COSTS.message
  if (field.scalar === ScalarType.BYTES) return COSTS.bytes
  if (field.scalar === ScalarType.STRING) return COSTS.text
  return isInteger64(field) ? COSTS.integer64 : 0
}

function isInteger64(field: DescField): boolean {
  const types: readonly (ScalarType | undefined)[] = [
    ScalarType.INT64,
    ScalarType.UINT64,
    ScalarType.SINT64
  ] satisfies Integer64[]
  return types.includes(field.scalar)
}

/** Beyond 2^53 not exact; no length is as large. */
function varint(
  bytes: Uint8Array,
  start: number,
  end: number
): { readonly value: number; readonly end: number } | null {
  let value = 0
  for (let i = 0; i < 10 && start + i < end; i++) {
    const byte = bytes[start + i] ?? 0
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { value, end: start + i + 1 }
  }
  return null
}
