/** The list of a zip archive's entries, at its end. Source: PKWARE's APPNOTE.TXT 6.3, sections 4.3 to 4.5. */
import { Buffer } from 'node:buffer'
import type { CheckpointFile } from '../types'
import { invalid, truncated } from './errors'

export interface ZipEntry {
  readonly name: string
  readonly method: number
  /** Bytes in the archive. */
  readonly packed: number
  /** Bytes unpacked. */
  readonly size: number
  /** Where its local header begins. */
  readonly header: number
  /** Where the next entry's local header begins, or the directory: all its bytes lie before. */
  readonly limit: number
}

/** The end record's fixed part, and the longest comment behind it. */
const END_LENGTH = 22
const LONGEST_COMMENT = 0xffff
const LOCATOR_LENGTH = 20
const END64_LENGTH = 56
const ENTRY_LENGTH = 46
const LARGEST_DIRECTORY = 64 * 2 ** 20
const MOST_ENTRIES = 200_000
/** Stands for "see the zip64 field". */
const SEE_64 = 0xffffffff
const ENCRYPTED = 1

interface Directory {
  readonly count: number
  readonly length: number
  readonly offset: number
}

/** @throws FILE_TRUNCATED when the archive's end is not there, FORMAT_INVALID. */
export async function readDirectory(file: CheckpointFile): Promise<readonly ZipEntry[]> {
  const { count, length, offset } = await findDirectory(file)
  const { path } = file
  if (offset + length > file.size) {
    throw truncated(path, `its zip directory should end at byte ${offset + length} of ${file.size}.`)
  }
  if (count > MOST_ENTRIES || length > LARGEST_DIRECTORY || count * ENTRY_LENGTH > length) {
    throw invalid(path, `its zip directory claims ${count} entries in ${length} bytes.`)
  }
  const bytes = buffer(await file.read(offset, length))
  const entries: Omit<ZipEntry, 'limit'>[] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    const parsed = parseEntry(path, bytes, at)
    entries.push(parsed.entry)
    at = parsed.end
  }
  return limited(path, entries, offset)
}

async function findDirectory(file: CheckpointFile): Promise<Directory> {
  const start = Math.max(0, file.size - END_LENGTH - LONGEST_COMMENT)
  const tail = buffer(await file.read(start, file.size - start))
  for (let at = tail.length - END_LENGTH; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== 0x06054b50) continue
    if (at + END_LENGTH + tail.readUInt16LE(at + 20) !== tail.length) continue
    const directory = {
      count: tail.readUInt16LE(at + 10),
      length: tail.readUInt32LE(at + 12),
      offset: tail.readUInt32LE(at + 16)
    }
    return (await findDirectory64(file, start + at)) ?? directory
  }
  throw truncated(file.path, 'it is a zip archive without the directory that stands at its end.')
}

/** Archives of more than 65535 entries or 4 GiB have a second end record. */
async function findDirectory64(file: CheckpointFile, end: number): Promise<Directory | null> {
  if (end < LOCATOR_LENGTH + END64_LENGTH) return null
  const locator = buffer(await file.read(end - LOCATOR_LENGTH, LOCATOR_LENGTH))
  if (locator.readUInt32LE(0) !== 0x07064b50) return null
  const at = uint64(locator, 8)
  if (at > end - LOCATOR_LENGTH - END64_LENGTH) {
    throw invalid(file.path, `its zip64 directory should be described at byte ${at} of ${file.size}.`)
  }
  const record = buffer(await file.read(at, END64_LENGTH))
  if (record.readUInt32LE(0) !== 0x06064b50) throw invalid(file.path, 'its zip64 directory is not described.')
  return { count: uint64(record, 32), length: uint64(record, 40), offset: uint64(record, 48) }
}

function parseEntry(
  path: string,
  bytes: Buffer,
  at: number
): { readonly entry: Omit<ZipEntry, 'limit'>; readonly end: number } {
  if (at + ENTRY_LENGTH > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50) {
    throw invalid(path, `its zip directory has no entry at its byte ${at}.`)
  }
  const nameEnd = at + ENTRY_LENGTH + bytes.readUInt16LE(at + 28)
  const extraEnd = nameEnd + bytes.readUInt16LE(at + 30)
  const end = extraEnd + bytes.readUInt16LE(at + 32)
  if (end > bytes.length) throw invalid(path, `its zip directory ends in the entry at its byte ${at}.`)
  const name = bytes.toString('utf8', at + ENTRY_LENGTH, nameEnd)
  if ((bytes.readUInt16LE(at + 8) & ENCRYPTED) !== 0) throw invalid(path, `its entry "${name}" is encrypted.`)
  const wide = zip64Fields(bytes.subarray(nameEnd, extraEnd))
  const field = (position: number): number => {
    const value = bytes.readUInt32LE(position)
    return value === SEE_64 ? (wide.shift() ?? value) : value
  }
  // The zip64 field holds those that are missing, in this order.
  const size = field(at + 24)
  const packed = field(at + 20)
  const header = field(at + 42)
  return { entry: { name, method: bytes.readUInt16LE(at + 10), packed, size, header }, end }
}

function zip64Fields(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length;) {
    const end = Math.min(extra.length, at + 4 + extra.readUInt16LE(at + 2))
    if (extra.readUInt16LE(at) === 1) {
      const count = Math.min(3, Math.floor((end - at - 4) / 8))
      return Array.from({ length: count }, (_, i) => uint64(extra, at + 4 + 8 * i))
    }
    at = end
  }
  return []
}

/** Entries may neither overlap nor reach into the directory. */
function limited(path: string, entries: readonly Omit<ZipEntry, 'limit'>[], directory: number): ZipEntry[] {
  const sorted = entries.toSorted((a, b) => a.header - b.header)
  const names = new Set<string>()
  return sorted.map((entry, i) => {
    const limit = sorted[i + 1]?.header ?? directory
    if (entry.header + 30 + entry.packed > limit) {
      throw invalid(path, `its entry "${entry.name}" of ${entry.packed} bytes overlaps what follows it.`)
    }
    if (names.has(entry.name)) throw invalid(path, `it has two entries "${entry.name}".`)
    names.add(entry.name)
    return { ...entry, limit }
  })
}

/** Beyond 2^53 not exact; no file is as large. */
function uint64(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at))
}

function buffer(bytes: Uint8Array<ArrayBuffer>): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
