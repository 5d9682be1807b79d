/** Reads a pickle's bytes one after another. */
import { Buffer } from 'node:buffer'
import { invalid, truncated } from '../errors'
import type { BlobValue } from './values'

/** Longer text is no name of a tensor; it is skipped, not decoded. */
const LONGEST_TEXT = 65_536
/** Names of modules and classes, and numbers written as text. */
const LONGEST_LINE = 4096

export class ByteCursor {
  readonly path: string
  offset = 0
  readonly #bytes: Buffer

  constructor(bytes: Uint8Array<ArrayBuffer>, path: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.path = path
  }

  /** Moves on by `length` bytes. @returns where they begin. @throws FILE_TRUNCATED. */
  skip(length: number): number {
    const start = this.offset
    if (!(length <= this.#bytes.length - start)) {
      throw truncated(
        this.path,
        `a pickle needs ${String(length)} bytes at its byte ${String(start)}, and ends at ${String(this.#bytes.length)}.`
      )
    }
    this.offset = start + length
    return start
  }

  uint8(): number {
    const value = this.#bytes[this.offset]
    if (value === undefined) return this.skip(1)
    this.offset += 1
    return value
  }

  uint16(): number {
    return this.#bytes.readUInt16LE(this.skip(2))
  }

  int32(): number {
    return this.#bytes.readInt32LE(this.skip(4))
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.skip(4))
  }

  /** Beyond 2^53 not exact; it is a length then that no file has. */
  uint64(): number {
    return Number(this.#bytes.readBigUInt64LE(this.skip(8)))
  }

  /** Big-endian, the one number that pickle writes so. */
  float64(): number {
    return this.#bytes.readDoubleBE(this.skip(8))
  }

  /** Two's complement, little-endian, of any length. */
  integer(length: number): number | bigint {
    if (length > LONGEST_LINE) throw invalid(this.path, `a pickle has an integer of ${String(length)} bytes.`)
    const start = this.skip(length)
    if (length === 0) return 0
    if (length <= 6) return this.#bytes.readIntLE(start, length)
    if (length === 8) return exact(this.#bytes.readBigInt64LE(start))
    const digits = Buffer.from(this.#bytes.subarray(start, start + length))
      .reverse()
      .toString('hex')
    return exact(BigInt.asIntN(8 * length, BigInt(`0x${digits}`)))
  }

  text(length: number): string | BlobValue {
    const start = this.skip(length)
    if (length > LONGEST_TEXT) return { kind: 'blob', length }
    return this.#bytes.toString('utf8', start, start + length)
  }

  blob(length: number): BlobValue {
    this.skip(length)
    return { kind: 'blob', length }
  }

  /** Up to a line feed, which is passed over. */
  line(): string {
    const end = this.#lineEnd()
    if (end - this.offset > LONGEST_LINE) {
      throw invalid(this.path, `a pickle has a name or number of ${String(end - this.offset)} characters.`)
    }
    return this.#lineTo(end, 'utf8')
  }

  /** The same for text of any length; each byte is a character. */
  textLine(): string | BlobValue {
    const end = this.#lineEnd()
    if (end - this.offset <= LONGEST_TEXT) return this.#lineTo(end, 'latin1')
    const blob = this.blob(end - this.offset)
    this.skip(1)
    return blob
  }

  #lineEnd(): number {
    const end = this.#bytes.indexOf(0x0a, this.offset)
    if (end < 0)
      throw truncated(this.path, `a pickle ends in the line that begins at its byte ${String(this.offset)}.`)
    return end
  }

  #lineTo(end: number, encoding: 'utf8' | 'latin1'): string {
    const text = this.#bytes.toString(encoding, this.offset, end)
    this.offset = end + 1
    return text
  }
}

/** A number where that is exact. */
export function exact(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
