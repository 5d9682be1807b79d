import { LinchpinError } from '@shared/errors'
import { AtomicFile } from '../atomic-file'

/** NumPy's own length for a header of up to six dimensions; a multiple of 64, so that the data are aligned. */
const HEADER_BYTES = 128
const TYPES = { uint8: { descr: '|u1', bytes: 1 }, float32: { descr: '<f4', bytes: 4 } } as const

/** Writes an array `[N, ...itemShape]` piece by piece as `.npy`; N is what was written when it is closed. */
export class NpyWriter {
  readonly #file: AtomicFile
  readonly #dtype: keyof typeof TYPES
  readonly #itemShape: readonly number[]
  #bytes = 0

  private constructor(file: AtomicFile, dtype: keyof typeof TYPES, itemShape: readonly number[]) {
    this.#file = file
    this.#dtype = dtype
    this.#itemShape = itemShape
  }

  /** @throws LinchpinError FILE_UNWRITABLE, DISK_FULL (as do the other methods) */
  static async create(
    path: string,
    dtype: keyof typeof TYPES,
    itemShape: readonly number[]
  ): Promise<NpyWriter> {
    const writer = new NpyWriter(await AtomicFile.create(path), dtype, itemShape)
    try {
      await writer.#file.write(Buffer.alloc(HEADER_BYTES, ' '))
    } catch (error) {
      await writer.discard()
      throw error
    }
    return writer
  }

  /** Appends numbers, little endian; a piece need not be a whole item. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#file.write(bytes)
    this.#bytes += bytes.length
  }

  /** Writes the header and puts the file under its name. Returns N. */
  async close(): Promise<number> {
    const itemBytes = this.#itemShape.reduce((product, n) => product * n, TYPES[this.#dtype].bytes)
    const count = this.#bytes / itemBytes
    if (!Number.isInteger(count)) {
      throw new LinchpinError('BUG', `${this.#bytes} bytes are no multiple of ${itemBytes}.`)
    }
    await this.#file.writeHead(npyHeader(TYPES[this.#dtype].descr, [count, ...this.#itemShape]))
    await this.#file.commit()
    return count
  }

  /** Gives up: no file is left. Never throws, and does nothing after `close`. */
  async discard(): Promise<void> {
    await this.#file.discard()
  }
}

/** The bytes that `numpy.save` puts before the numbers, version 1.0. */
function npyHeader(descr: string, shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `(${shape.join('')},)` : `(${shape.join(', ')})`
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`
  const header = Buffer.alloc(HEADER_BYTES, ' ')
  header.write('\x93NUMPY\x01\x00', 'latin1')
  header.writeUInt16LE(HEADER_BYTES - 10, 8)
  header.write(text, 10, 'latin1')
  header.write('\n', HEADER_BYTES - 1, 'latin1')
  return header
}
