import { open } from 'node:fs/promises'
import { LinchpinError } from '@shared/errors'
import { fileError } from '../../files/errors'

/** Where and how the numbers of a `.npy` file lie. */
export interface NpyHeader {
  readonly path: string
  /** NumPy's type character: `i`, `u`, `f`, `b` … */
  readonly kind: string
  /** Bytes of one number. */
  readonly itemSize: number
  readonly littleEndian: boolean
  /** As the file says it, e.g. `<f4`; for messages. */
  readonly descr: string
  readonly shape: readonly number[]
  /** Bytes before the first number. */
  readonly offset: number
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1')
/** Headers beyond this are damage: a plain array needs about 128 bytes. */
const HEADER_LIMIT = 1 << 20

/**
 * Reads the header of a `.npy` file, versions 1 to 3, and checks that the numbers are all there.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @throws LinchpinError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_EMPTY, FORMAT_INVALID, FILE_TRUNCATED,
 *   ARRAY_INVALID (Fortran order, structured or object arrays)
 */
export async function readNpyHeader(path: string): Promise<NpyHeader> {
  try {
    const handle = await open(path, 'r')
    try {
      const { size } = await handle.stat()
      const head = Buffer.alloc(Math.min(size, 12 + HEADER_LIMIT))
      const { bytesRead } = await handle.read(head, 0, head.length, 0)
      return parseNpyHeader(path, head.subarray(0, bytesRead), size)
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw fileError(error, path, 'read')
  }
}

function parseNpyHeader(path: string, head: Buffer, size: number): NpyHeader {
  if (size === 0) throw new LinchpinError('FILE_EMPTY', `"${path}" has 0 bytes.`)
  if (!head.subarray(0, 6).equals(MAGIC.subarray(0, Math.min(6, size)))) {
    const found = JSON.stringify(head.subarray(0, 6).toString('latin1'))
    throw new LinchpinError(
      'FORMAT_INVALID',
      `"${path}" begins with ${found}, a .npy file with "\\x93NUMPY".`,
      {
        fix: 'Save the array with numpy.save().'
      }
    )
  }
  if (size < 12) throw truncated(path, size, 12)
  const version = head.readUInt8(6)
  if (version < 1 || version > 3) {
    throw new LinchpinError('FORMAT_INVALID', `"${path}" is .npy version ${version}; 1 to 3 are read.`)
  }
  const start = version === 1 ? 10 : 12
  const length = version === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8)
  if (size < start + length) throw truncated(path, size, start + length)
  if (length > HEADER_LIMIT) throw damaged(path, `a header of ${length} bytes`)

  const text = head.subarray(start, start + length).toString(version === 3 ? 'utf8' : 'latin1')
  const type = parseType(path, text)
  const shape = parseShape(path, text)
  if (/['"]fortran_order['"]\s*:\s*True/.test(text)) {
    throw new LinchpinError('ARRAY_INVALID', `"${path}" is in Fortran order (column-major).`, {
      fix: 'Save numpy.ascontiguousarray(array) instead.'
    })
  }
  const expected = start + length + shape.reduce((product, n) => product * n, type.itemSize)
  if (size < expected) throw truncated(path, size, expected, `${type.descr} ${shapeText(shape)}`)
  return { path, ...type, shape, offset: start + length }
}

function parseType(
  path: string,
  text: string
): Pick<NpyHeader, 'kind' | 'itemSize' | 'littleEndian' | 'descr'> {
  const descr = /['"]descr['"]\s*:\s*['"]([^'"]*)['"]/.exec(text)?.[1]
  const parts = descr === undefined ? null : /^([<>|=])?([a-zA-Z])(\d+)$/.exec(descr)
  if (descr !== undefined && parts !== null) {
    const [, order, kind = '', bytes] = parts
    return { descr, kind, itemSize: Number(bytes), littleEndian: order !== '>' }
  }
  if (descr === undefined && !/['"]descr['"]\s*:\s*\[/.test(text))
    throw damaged(path, 'no "descr" in its header')
  const found = descr === undefined ? 'of structured type' : `of type "${descr}"`
  throw new LinchpinError('ARRAY_INVALID', `"${path}" is ${found}; plain numbers are read.`)
}

function parseShape(path: string, text: string): number[] {
  const list = /['"]shape['"]\s*:\s*\(([^)]*)\)/.exec(text)?.[1]
  if (list === undefined) throw damaged(path, 'no "shape" in its header')
  const shape = list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number)
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0)) throw damaged(path, `the shape (${list})`)
  return shape
}

/** A shape as it stands in messages: `[10, 3, 224, 224]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`
}

function truncated(path: string, size: number, expected: number, what = 'its header'): LinchpinError {
  return new LinchpinError('FILE_TRUNCATED', `"${path}" has ${size} bytes, and ${what} needs ${expected}.`, {
    fix: 'Copy or save the file again.'
  })
}

function damaged(path: string, found: string): LinchpinError {
  return new LinchpinError('FORMAT_INVALID', `"${path}" is no sound .npy file: it has ${found}.`, {
    fix: 'Save the array with numpy.save().'
  })
}
