/** State dicts as numpy.savez and numpy.savez_compressed write them: a zip archive of `.npy` arrays. */
import {
  decodeNpyHeader,
  npyHeaderPlace,
  npyType,
  NPY_PREFIX,
  parseNpyHeader,
  startsAsNpy
} from '../../numbers/npy'
import { refuseChoice } from '../choice'
import { elementCount, gather, reverseElements } from '../layout'
import type { CheckpointFile, OpenedStateDict, OpenOptions, TensorEntry } from '../types'
import type { ZipArchive } from '../zip/archive'
import type { ZipEntry } from '../zip/directory'
import { dtypeOf } from './dtypes'
import { invalid, truncated, unreadable } from './errors'

const MEMBER = /\.npy$/
const MOST_ARRAYS = 10_000
/** A plain array's header has 118 bytes, seldom more. */
const USUAL_HEADER = 256
const LARGEST_HEADER = 2 ** 16

export function isNpz(archive: ZipArchive): boolean {
  return archive.names.some((name) => MEMBER.test(name))
}

/**
 * Names are the members', `/` as `.`; the layouts of other frameworks are not translated.
 * @throws FORMAT_INVALID, FILE_TRUNCATED, OPTION_INVALID.
 */
export async function openNpz(
  file: CheckpointFile,
  archive: ZipArchive,
  options: OpenOptions
): Promise<OpenedStateDict> {
  refuseChoice(file.path, options)
  const members = archive.names.filter((name) => MEMBER.test(name))
  if (members.length > MOST_ARRAYS) throw invalid(file.path, `it has more than ${MOST_ARRAYS} arrays.`)
  const tensors = new Map<string, TensorEntry>()
  for (const member of members) {
    const entry = archive.entry(member)
    const name = member.replace(MEMBER, '').replaceAll('/', '.')
    if (tensors.has(name)) throw invalid(file.path, `it has two arrays named "${name}".`)
    if (entry !== undefined) tensors.set(name, await tensorEntry(file.path, archive, entry, name))
  }
  return {
    kind: 'state-dict',
    format: 'npz',
    container: null,
    stateDicts: [],
    tensors,
    metadata: {},
    files: [file.path],
    close: () => file.close()
  }
}

async function tensorEntry(
  path: string,
  archive: ZipArchive,
  entry: ZipEntry,
  name: string
): Promise<TensorEntry> {
  const { text, offset } = await readHeader(path, archive, entry)
  const header = parseNpyHeader(text)
  if (typeof header === 'string') throw invalid(path, `its entry "${entry.name}" has ${header}.`)
  const { descr, shape, fortranOrder } = header
  const type = descr === null ? null : npyType(descr)
  const dtype = type === null ? undefined : dtypeOf(type.kind, type.itemSize)
  if (type === null || dtype === undefined) return refused(path, name, shape, descr)
  const length = elementCount(shape) * type.itemSize
  if (entry.size !== offset + length) {
    throw invalid(
      path,
      `its entry "${entry.name}" of ${descr ?? ''} [${shape.join(', ')}] needs ${offset + length} bytes and has ${entry.size}.`
    )
  }
  return {
    name,
    dtype: dtype.name,
    shape,
    async read() {
      const stored = await readValues(archive, entry, offset, length)
      const strides = shape.map((_, axis) => elementCount(shape.slice(0, axis)))
      const bytes =
        fortranOrder && shape.length > 1 && length > 0
          ? gather(stored, { shape, strides }, type.itemSize)
          : stored
      if (!type.littleEndian) reverseElements(bytes, type.itemSize)
      return dtype.convert(bytes)
    }
  }
}

async function readHeader(
  path: string,
  archive: ZipArchive,
  entry: ZipEntry
): Promise<{ readonly text: string; readonly offset: number }> {
  let head = await archive.readStart(entry, Math.min(USUAL_HEADER, entry.size))
  if (head.length < NPY_PREFIX || !startsAsNpy(head)) {
    throw invalid(path, `its entry "${entry.name}" is no .npy array.`)
  }
  const place = npyHeaderPlace(head)
  if (place === null || place.length > LARGEST_HEADER) {
    throw invalid(path, `its entry "${entry.name}" is of another .npy version than 1 to 3.`)
  }
  const offset = place.start + place.length
  if (offset > entry.size) throw truncated(path, `its entry "${entry.name}" ends in its header.`)
  if (offset > head.length) head = await archive.readStart(entry, offset)
  return { text: decodeNpyHeader(head.subarray(place.start, offset), head[6] ?? 1), offset }
}

async function readValues(
  archive: ZipArchive,
  entry: ZipEntry,
  offset: number,
  length: number
): Promise<Uint8Array<ArrayBuffer>> {
  if (entry.packed === entry.size && entry.method === 0) return archive.readPart(entry, offset, length)
  return (await archive.readStart(entry, entry.size)).subarray(offset)
}

/** An array of Python objects is a pickle, which is not read; records, texts and dates are no weights. */
function refused(path: string, name: string, shape: readonly number[], descr: string | null): TensorEntry {
  const what =
    descr === null ? 'records' : descr.endsWith('O') ? 'Python objects, which are pickled' : `type ${descr}`
  const error = unreadable(
    path,
    `array "${name}" holds ${what}; expected float16 to float64, integers or truth values.`,
    'Save it with numpy.savez as arrays of numbers.'
  )
  return { name, dtype: descr ?? 'record', shape, read: () => Promise.reject(error) }
}
