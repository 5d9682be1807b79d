/** State dicts in several files: with an index, opened by it or by any of its shards, or by numbered names alone. */
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { LinchpinError } from '@shared/errors'
import { zipReader } from '../archives'
import { refuseChoice } from '../choice'
import { formatErrors } from '../errors'
import { openCheckpointFile } from '../file'
import { legacyReader } from '../pytorch'
import { safetensorsReader } from '../safetensors'
import type { CheckpointReader, OpenedStateDict, OpenOptions, TensorEntry } from '../types'
import { unsupported } from '../unsupported'
import { readWeightMap, type WeightMap } from './weight-map'

const { invalid } = formatErrors('sharded')

const READERS = [safetensorsReader, legacyReader, zipReader]
const HEAD = 512
/** E.g. `model-00001-of-00003.safetensors`. */
const NUMBERED = /^(.+)-(\d{5})-of-(\d{5})(\.\w+)$/
const MOST_SHARDS = 256

/** The files of a series; `map` where an index tells what is in which. */
interface Series {
  /** The file that names them: the index, or one of them. */
  readonly by: string
  readonly shards: readonly string[]
  readonly map: WeightMap | null
}

/** An index, opened by its own path. */
export const indexReader: CheckpointReader = {
  format: 'index',
  match: (head) => /^\s*\{/.test(new TextDecoder('latin1').decode(head)),
  async open(file, options) {
    const map = await readWeightMap(file)
    if (map === null) throw await unsupported(file, await file.read(0, Math.min(HEAD, file.size)))
    await file.close()
    return openSeries({ by: file.path, shards: beside(file.path, map.shards), map }, options)
  }
}

/**
 * The whole that the file at `path` is a shard of; null: it is none.
 * @throws FILE_NOT_FOUND for a missing shard, FORMAT_INVALID, and what opening a shard throws.
 */
export async function openByShard(path: string, options: OpenOptions): Promise<OpenedStateDict | null> {
  const [, stem, , total = '', ending] = NUMBERED.exec(basename(path)) ?? []
  if (stem === undefined || ending === undefined || !(await isFile(path))) return null
  const index = join(dirname(path), `${stem}${ending}.index.json`)
  const map = (await isFile(index)) ? await mapOf(index) : null
  if (map?.shards.includes(basename(path)) === true) {
    return openSeries({ by: index, shards: beside(index, map.shards), map }, options)
  }
  const count = Number(total)
  if (count < 2) return null
  if (count > MOST_SHARDS)
    throw invalid(path, `it is one of ${count} files; expected at most ${MOST_SHARDS}.`)
  const names = Array.from(
    { length: count },
    (_, i) => `${stem}-${String(i + 1).padStart(5, '0')}-of-${total}${ending}`
  )
  return openSeries({ by: path, shards: beside(path, names), map: null }, options)
}

async function mapOf(index: string): Promise<WeightMap | null> {
  const file = await openCheckpointFile(index)
  try {
    return await readWeightMap(file)
  } finally {
    await file.close()
  }
}

async function openSeries({ by, shards, map }: Series, options: OpenOptions): Promise<OpenedStateDict> {
  refuseChoice(by, options)
  const opened: OpenedStateDict[] = []
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((shard) => shard.close()))
  }
  try {
    for (const path of shards) opened.push(await openShard(by, path))
    return {
      kind: 'state-dict',
      format: sameFormat(by, opened),
      container: opened.find(({ container }) => container !== null)?.container ?? null,
      stateDicts: [],
      tensors: merged(by, opened, map),
      metadata: Object.fromEntries(
        [...opened, ...(map === null ? [] : [map])].flatMap(({ metadata }) => Object.entries(metadata))
      ),
      files: [...(map === null ? [] : [by]), ...shards],
      close
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function openShard(by: string, path: string): Promise<OpenedStateDict> {
  const file = await openCheckpointFile(path).catch((error: unknown) => {
    if (!(error instanceof LinchpinError) || error.code !== 'FILE_NOT_FOUND') throw error
    throw new LinchpinError(
      'FILE_NOT_FOUND',
      `"${basename(by)}" needs "${basename(path)}", which is not beside it.`,
      { fix: 'Put all files of the checkpoint into one folder.', cause: error }
    )
  })
  try {
    const head = await file.read(0, Math.min(HEAD, file.size))
    const reader = READERS.find((candidate) => candidate.match(head, file))
    if (reader === undefined) throw await unsupported(file, head)
    const opened = await reader.open(file, { part: true })
    if (opened.kind === 'state-dict') return opened
    throw invalid(path, `it is a ${opened.format} file; expected a state dict.`)
  } catch (error) {
    await file.close()
    throw error
  }
}

function sameFormat(by: string, shards: readonly OpenedStateDict[]): string {
  const formats = [...new Set(shards.map(({ format }) => format))]
  const [format] = formats
  if (format === undefined || formats.length > 1) {
    throw invalid(by, `its files are of several formats: ${formats.join(', ')}.`)
  }
  return format
}

/** All tensors of all shards; with a map, each in the file that it names. */
function merged(
  by: string,
  shards: readonly OpenedStateDict[],
  map: WeightMap | null
): ReadonlyMap<string, TensorEntry> {
  const tensors = new Map<string, TensorEntry>()
  const homes = new Map<string, string>()
  for (const shard of shards) {
    const file = basename(shard.files[0] ?? '')
    for (const [name, tensor] of shard.tensors) {
      const other = homes.get(name)
      if (other !== undefined) throw invalid(by, `"${name}" is in "${other}" and in "${file}".`)
      homes.set(name, file)
      tensors.set(name, tensor)
    }
  }
  for (const [name, place] of map?.places ?? []) {
    if (homes.get(name) !== place) {
      throw invalid(by, `it says that "${name}" is in "${place}", which has no such tensor.`)
    }
  }
  return tensors
}

function beside(path: string, names: readonly string[]): readonly string[] {
  return names.map((name) => join(dirname(path), name))
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false
  )
}
