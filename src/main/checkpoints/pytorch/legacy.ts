/**
 * The stream format of torch.save before PyTorch 1.6: five pickles (magic number, protocol, machine, object, keys of
 * storages), then each storage's element count and bytes. Source: torch/serialization.py (`_legacy_save`).
 */
import { LinchpinError } from '@shared/errors'
import type { CheckpointFile, OpenOptions, OpenedStateDict } from '../types'
import { invalid, truncated } from './errors'
import { ByteCursor, unpickle, type Surroundings } from './pickle'
import { describe, isCompound, type Value } from './pickle/values'
import { stateDictCheckpoint } from './state-dict/checkpoint'
import { bytesOf, torchSurroundings } from './torch/storages'
import type { StorageBytes, StorageSource } from './torch/tensor'
import type { StorageValue } from './torch/values'

export const MAGIC = 0x1950a86a20f9469cfc6cn
const PROTOCOL = 1001
/** How much is read ahead; where the pickles are longer, they are read again with the next. */
const HEADS = [2 ** 18, 2 ** 22, 2 ** 25]

interface Pickles {
  readonly root: Value
  readonly littleEndian: boolean
  readonly keys: readonly string[]
  readonly storages: ReadonlyMap<string, StorageValue>
  /** Where the first storage begins. */
  readonly end: number
}

/** @throws FORMAT_INVALID, FILE_TRUNCATED, OPTION_INVALID. */
export async function openLegacy(file: CheckpointFile, options: OpenOptions): Promise<OpenedStateDict> {
  const { root, littleEndian, keys, storages, end } = await readPickles(file)
  const places = storagePlaces(file, keys, storages, end)
  const source: StorageSource = {
    path: file.path,
    littleEndian,
    locate(storage) {
      const place = places.get(storage.key)
      if (place === undefined) throw truncated(file.path, `it has no storage "${storage.key}".`)
      return place
    }
  }
  return stateDictCheckpoint(file, root, source, options)
}

async function readPickles(file: CheckpointFile): Promise<Pickles> {
  for (const length of HEADS) {
    const head = await file.read(0, Math.min(length, file.size))
    try {
      return parsePickles(file.path, head)
    } catch (error) {
      const needsMore = error instanceof LinchpinError && error.code === 'FILE_TRUNCATED'
      if (!needsMore || length >= file.size) throw error
    }
  }
  throw invalid(file.path, `its pickles are longer than ${HEADS.at(-1) ?? 0} bytes.`)
}

function parsePickles(path: string, head: Uint8Array<ArrayBuffer>): Pickles {
  const cursor = new ByteCursor(head, path)
  const plain: Surroundings = {
    reduce: () => undefined,
    persistent: (id) => {
      throw invalid(path, `a pickle of its head refers to ${describe(id)}.`)
    }
  }
  const storages = new Map<string, StorageValue>()
  const magic = unpickle(cursor, plain)
  if (magic !== MAGIC) throw invalid(path, `it begins with ${describe(magic)}; expected ${String(MAGIC)}.`)
  const protocol = unpickle(cursor, plain)
  if (protocol !== PROTOCOL) {
    throw invalid(path, `it has protocol ${describe(protocol)}; expected ${String(PROTOCOL)}.`)
  }
  const machine = unpickle(cursor, plain)
  const root = unpickle(cursor, torchSurroundings(path, storages))
  const keys = unpickle(cursor, plain)
  return {
    root,
    littleEndian: isLittleEndian(machine),
    keys: texts(path, keys),
    storages,
    end: cursor.offset
  }
}

function isLittleEndian(machine: Value): boolean {
  return !(isCompound(machine) && machine.kind === 'dict' && machine.entries?.get('little_endian') === false)
}

function texts(path: string, keys: Value): string[] {
  const items = isCompound(keys) && keys.kind === 'list' ? keys.items : [null]
  return items.map((key) => {
    if (typeof key !== 'string') throw invalid(path, `its list of storages holds ${describe(key)}.`)
    return key
  })
}

/** Where each storage lies: one after the other, in the order of their keys, each behind its 8-byte element count. */
function storagePlaces(
  file: CheckpointFile,
  keys: readonly string[],
  storages: ReadonlyMap<string, StorageValue>,
  end: number
): ReadonlyMap<string, StorageBytes> {
  const places = new Map<string, StorageBytes>()
  let at = end
  for (const key of keys) {
    const storage = storages.get(key)
    if (storage === undefined || places.has(key)) {
      throw invalid(
        file.path,
        `its list of storages has "${key}" ${storage === undefined ? 'of no tensor' : 'twice'}.`
      )
    }
    places.set(key, storageBytes(file, storage, at))
    at += 8 + bytesOf(storage)
  }
  if (at > file.size) {
    throw truncated(file.path, `it has ${file.size} bytes; its storages need ${at}.`)
  }
  return places
}

function storageBytes(file: CheckpointFile, storage: StorageValue, at: number): StorageBytes {
  return {
    size: bytesOf(storage),
    async read(offset, length) {
      const count = new DataView((await file.read(at, 8)).buffer).getBigUint64(0, true)
      if (count !== BigInt(storage.total)) {
        throw invalid(
          file.path,
          `its storage "${storage.key}" has ${count} elements; expected ${storage.total}.`
        )
      }
      return file.read(at + 8 + offset, length)
    }
  }
}
