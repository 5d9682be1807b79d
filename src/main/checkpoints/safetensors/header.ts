/** The header of a safetensors file. Source: the format's own specification. */
import { JsonCursor, JsonProblem } from '../json'
import type { CheckpointFile } from '../types'
import { invalid, truncated } from './errors'
import { widthOf } from './dtypes'

/** The reference implementation reads up to 100 MB; a file whose claim is beyond that is no safetensors file. */
export const LARGEST_CLAIM = 100_000_000
const LARGEST_HEADER = 2 ** 24
const MOST_TENSORS = 50_000
/** PyTorch allows 64. */
const MOST_DIMENSIONS = 64
const MOST_FACTS = 1000
const LONGEST_NAME = 1024

export interface TensorPlace {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  /** Bytes from the end of the header. */
  readonly start: number
  readonly end: number
}

export interface Header {
  readonly tensors: readonly TensorPlace[]
  readonly metadata: ReadonlyMap<string, string>
  /** Where the values begin. */
  readonly data: number
}

/** What the first 8 bytes say. Beyond 2^53 not exact; no header is as long. */
export function headerLength(head: Uint8Array): number {
  return Number(new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true))
}

/** @throws FORMAT_INVALID, FILE_TRUNCATED when a tensor's values are not all in the file. */
export async function readHeader(file: CheckpointFile): Promise<Header> {
  const length = headerLength(await file.read(0, 8))
  if (length > LARGEST_HEADER) {
    throw invalid(file.path, `its header claims ${length} bytes; expected at most ${LARGEST_HEADER}.`)
  }
  try {
    const header = { ...parseHeader(file.path, decode(await file.read(8, length))), data: 8 + length }
    checkRanges(file, header)
    return header
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error
    throw invalid(file.path, `its header is no JSON: it has ${error.message}.`)
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new JsonProblem('bytes that are no UTF-8')
  }
}

function parseHeader(path: string, text: string): Omit<Header, 'data'> {
  const cursor = new JsonCursor(text)
  const tensors = new Map<string, TensorPlace>()
  let metadata: ReadonlyMap<string, string> = new Map()
  cursor.object((name) => {
    if (name === '__metadata__') {
      metadata = parseMetadata(cursor)
      return
    }
    if (name.length > LONGEST_NAME) {
      throw invalid(path, `it has a name of ${name.length} characters; expected at most ${LONGEST_NAME}.`)
    }
    if (tensors.has(name)) throw invalid(path, `it has two tensors named "${name}".`)
    if (tensors.size >= MOST_TENSORS) throw invalid(path, `it has more than ${MOST_TENSORS} tensors.`)
    tensors.set(name, parsePlace(path, name, cursor))
  })
  cursor.end()
  if (tensors.size === 0) throw invalid(path, 'it holds no tensors.')
  return { tensors: [...tensors.values()], metadata }
}

/** Text under names; anything else is passed over. */
function parseMetadata(cursor: JsonCursor): ReadonlyMap<string, string> {
  const facts = new Map<string, string>()
  if (cursor.peek() !== '{') {
    cursor.skip()
    return facts
  }
  cursor.object((name) => {
    if (cursor.peek() === '"' && facts.size < MOST_FACTS) facts.set(name, cursor.string())
    else cursor.skip()
  })
  return facts
}

function parsePlace(path: string, name: string, cursor: JsonCursor): TensorPlace {
  const malformed = (): Error => invalid(path, `the header's entry "${name}" is malformed.`)
  let dtype: string | null = null
  let shape: readonly number[] | null = null
  let offsets: readonly number[] | null = null
  const counts = (most: number): readonly number[] => {
    const values: number[] = []
    if (cursor.peek() !== '[') throw malformed()
    cursor.array(() => {
      if (!/[\d-]/.test(cursor.peek())) throw malformed()
      const value = cursor.number()
      if (!Number.isSafeInteger(value) || value < 0 || values.length >= most) throw malformed()
      values.push(value)
    })
    return values
  }
  if (cursor.peek() !== '{') throw malformed()
  cursor.object((key) => {
    if (key === 'dtype' && cursor.peek() === '"') dtype = cursor.string()
    else if (key === 'shape') shape = counts(MOST_DIMENSIONS)
    else if (key === 'data_offsets') offsets = counts(2)
    else cursor.skip()
  })
  return checkedPlace(path, name, dtype, shape, offsets, malformed)
}

function checkedPlace(
  path: string,
  name: string,
  dtype: string | null,
  shape: readonly number[] | null,
  offsets: readonly number[] | null,
  malformed: () => Error
): TensorPlace {
  const [start, end] = offsets ?? []
  if (dtype === null || shape === null || start === undefined || end === undefined) throw malformed()
  const width = widthOf(dtype)
  const needed = width === undefined ? end - start : shape.reduce((product, size) => product * size, width)
  if (needed !== end - start || end < start) {
    throw invalid(
      path,
      `tensor "${name}" of ${dtype} [${shape.join(', ')}] needs ${needed} bytes and has ${end - start}.`
    )
  }
  return { name, dtype, shape, start, end }
}

/** Tensors may neither overlap nor end after the file. */
function checkRanges(file: CheckpointFile, { tensors, data }: Header): void {
  let reached = 0
  for (const { name, start, end } of tensors.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start < reached) throw invalid(file.path, `tensor "${name}" overlaps another one.`)
    reached = end
  }
  if (data + reached > file.size) {
    throw truncated(file.path, `it has ${file.size} bytes; its header needs ${data + reached}.`)
  }
}
