/** Persistent ids: how a pickle refers to the blocks of values that lie outside of it. Source: torch/serialization.py. */
import { invalid } from '../errors'
import type { Surroundings } from '../pickle'
import { describe, isCompound, type Value } from '../pickle/values'
import { storageDtype, type Dtype } from './dtypes'
import { meaning } from './globals'
import type { StorageValue } from './values'

/** What a pickle of PyTorch may refer to; `storages` collects each block that it names, by key. */
export function torchSurroundings(path: string, storages: Map<string, StorageValue>): Surroundings {
  return {
    reduce: meaning,
    persistent: (id) => {
      const parts = isCompound(id) && id.kind === 'tuple' ? id.items : []
      // The legacy format wraps the class of each module with its source text.
      if (parts[0] === 'module' && parts[1] !== undefined) return parts[1]
      const storage = parts[0] === 'storage' ? parseStorage(parts) : null
      if (storage === null) {
        throw invalid(
          path,
          `its pickle refers to ${describe(parts[0] === 'storage' ? parts[1] : id)} as a storage.`
        )
      }
      const known = storages.get(storage.key)
      if (known === undefined || bytesOf(storage) > bytesOf(known)) storages.set(storage.key, storage)
      return storage
    }
  }
}

export function bytesOf({ total, dtype }: StorageValue): number {
  return total * dtype.width
}

/** ('storage', class, key, location, elements) and, in the legacy format, None or (key, start, elements) of a view. */
function parseStorage([, type, key, , total, view]: readonly Value[]): StorageValue | null {
  const dtype = dtypeOfClass(type)
  if (dtype === undefined || typeof key !== 'string' || !isCount(total)) return null
  if (!Number.isSafeInteger(total * dtype.width)) return null
  const whole: StorageValue = { kind: 'storage', key, dtype, total, start: 0, count: total }
  if (view === undefined || view === null) return whole
  const [, start, count] = isCompound(view) && view.kind === 'tuple' ? view.items : []
  if (!isCount(start) || !isCount(count) || start + count > total) return null
  return { ...whole, start, count }
}

function dtypeOfClass(type: Value | undefined): Dtype | undefined {
  return isCompound(type) && type.kind === 'global' ? storageDtype(type.module, type.name) : undefined
}

function isCount(value: Value | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
