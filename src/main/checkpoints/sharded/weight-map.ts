/** The index of a sharded checkpoint, as Hugging Face's libraries write it: which tensor is in which file. */
import { basename } from 'node:path'
import { formatErrors } from '../errors'
import { JsonCursor, JsonProblem } from '../json'
import type { CheckpointFile } from '../types'

const { invalid } = formatErrors('index')

const LARGEST = 2 ** 24
const MOST_SHARDS = 256
const MOST_TENSORS = 200_000
const MOST_FACTS = 100

export interface WeightMap {
  /** File name by tensor. */
  readonly places: ReadonlyMap<string, string>
  /** File names in order. */
  readonly shards: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
}

/** @returns null for JSON without a map. @throws FORMAT_INVALID. */
export async function readWeightMap(file: CheckpointFile): Promise<WeightMap | null> {
  if (file.size > LARGEST) throw invalid(file.path, `it has ${file.size} bytes; expected at most ${LARGEST}.`)
  const bytes = await file.read(0, file.size)
  try {
    return parse(file.path, new TextDecoder().decode(bytes))
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error
    throw invalid(file.path, `it is no JSON: it has ${error.message}.`)
  }
}

function parse(path: string, text: string): WeightMap | null {
  const cursor = new JsonCursor(text)
  const metadata = new Map<string, string>()
  const maps: ReadonlyMap<string, string>[] = []
  cursor.object((key) => {
    if (cursor.peek() !== '{') cursor.skip()
    else if (key === 'weight_map') maps.push(parsePlaces(path, cursor))
    else if (key === 'metadata') parseFacts(cursor, metadata)
    else cursor.skip()
  })
  cursor.end()
  const [places, second] = maps
  if (places === undefined) return null
  if (second !== undefined) throw invalid(path, 'it has two maps of weights.')
  const shards = [...new Set(places.values())].sort()
  if (shards.length === 0) throw invalid(path, 'its map of weights is empty.')
  if (shards.length > MOST_SHARDS) {
    throw invalid(path, `it names ${shards.length} files; expected at most ${MOST_SHARDS}.`)
  }
  return { places, shards, metadata: Object.fromEntries(metadata) }
}

function parsePlaces(path: string, cursor: JsonCursor): ReadonlyMap<string, string> {
  const places = new Map<string, string>()
  cursor.object((name) => {
    if (cursor.peek() !== '"') throw invalid(path, `the place of "${name}" is no file name.`)
    const shard = cursor.string()
    if (places.has(name)) throw invalid(path, `it has two places for "${name}".`)
    if (places.size >= MOST_TENSORS) throw invalid(path, `it has more than ${MOST_TENSORS} tensors.`)
    if (!isFileName(shard)) {
      throw invalid(path, `it wants "${name}" from "${shard}", which is not the name of a file beside it.`)
    }
    places.set(name, shard)
  })
  return places
}

/** Text and numbers; anything else is passed over. */
function parseFacts(cursor: JsonCursor, facts: Map<string, string>): void {
  cursor.object((name) => {
    const next = cursor.peek()
    const fact = next === '"' ? cursor.string() : /[\d-]/.test(next) ? String(cursor.number()) : null
    if (fact === null) cursor.skip()
    else if (facts.size < MOST_FACTS) facts.set(name, fact)
  })
}

/** A shard lies in the same folder; a path that leads elsewhere is refused. */
function isFileName(name: string): boolean {
  return name !== '' && name === basename(name) && !/[/\\\0]/.test(name) && name !== '.' && name !== '..'
}
