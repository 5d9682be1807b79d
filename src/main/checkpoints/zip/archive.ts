/**
 * Random access to a zip archive's entries. Checksums are not compared: PyTorch can save without them
 * (torch.serialization.set_crc32_options), and only parts of entries are read.
 */
import type { CheckpointFile } from '../types'
import { invalid, unreadable } from './errors'
import { inflateStart } from './inflate'
import { readDirectory, type ZipEntry } from './directory'

const STORED = 0
const DEFLATED = 8
const LOCAL_LENGTH = 30
/** PyTorch compresses nothing; who packs its files again packs their small parts too. */
const LARGEST_UNPACKED = 2 ** 25
/** Deflate's limit: 258 bytes in two bits. */
const MOST_EXPANDED = 1032

export interface ZipArchive {
  readonly names: readonly string[]
  entry(name: string): ZipEntry | undefined
  /** Unpacks an entry of at most `limit` bytes. */
  readAll(entry: ZipEntry, limit: number): Promise<Uint8Array<ArrayBuffer>>
  /** The first `length` bytes of an entry, unpacked no further. */
  readStart(entry: ZipEntry, length: number): Promise<Uint8Array<ArrayBuffer>>
  /** A part of an entry that is stored as it is. */
  readPart(entry: ZipEntry, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
}

/** @throws FILE_TRUNCATED, FORMAT_INVALID. */
export async function openArchive(file: CheckpointFile): Promise<ZipArchive> {
  const entries = new Map((await readDirectory(file)).map((entry) => [entry.name, entry]))
  const starts = new Map<string, number>()

  async function start(entry: ZipEntry): Promise<number> {
    const known = starts.get(entry.name)
    if (known !== undefined) return known
    const bytes = await file.read(entry.header, LOCAL_LENGTH)
    const view = new DataView(bytes.buffer)
    const begin = entry.header + LOCAL_LENGTH + view.getUint16(26, true) + view.getUint16(28, true)
    if (view.getUint32(0, true) !== 0x04034b50 || begin + entry.packed > entry.limit) {
      throw invalid(file.path, `its entry "${entry.name}" is not where its zip directory says.`)
    }
    starts.set(entry.name, begin)
    return begin
  }

  async function readPart(entry: ZipEntry, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (entry.method !== STORED) {
      throw unreadable(
        file.path,
        `its entry "${entry.name}" is compressed (method ${entry.method}); PyTorch stores tensors as they are.`
      )
    }
    if (entry.size !== entry.packed || offset + length > entry.size) {
      throw invalid(
        file.path,
        `its entry "${entry.name}" has ${entry.packed} bytes; ${offset + length} are needed.`
      )
    }
    return file.read((await start(entry)) + offset, length)
  }

  async function readStart(entry: ZipEntry, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (entry.method !== DEFLATED) return readPart(entry, 0, length)
    if (length > entry.size || entry.size > entry.packed * MOST_EXPANDED) {
      throw invalid(file.path, `its entry "${entry.name}" does not unpack to ${entry.size} bytes.`)
    }
    return inflateStart(file, entry, await start(entry), length)
  }

  return {
    names: [...entries.keys()],
    entry: (name) => entries.get(name),
    readPart,
    readStart,
    async readAll(entry, limit) {
      const most = entry.method === DEFLATED ? Math.min(limit, LARGEST_UNPACKED) : limit
      if (entry.size > most || entry.packed > most) {
        throw invalid(
          file.path,
          `its entry "${entry.name}" has ${entry.size} bytes; expected at most ${most}.`
        )
      }
      return readStart(entry, entry.size)
    }
  }
}
