import { open } from 'node:fs/promises'
import { LinchpinError } from '@shared/errors'
import { fileError } from '../../files/errors'
import {
  decodeNpyHeader,
  npyHeaderPlace,
  npyType,
  NPY_PREFIX,
  parseNpyHeader as parseDescription,
  startsAsNpy,
  type NpyType
} from '../../numbers/npy'

/** Where and how the numbers of a `.npy` file lie. */
export interface NpyHeader extends NpyType {
  readonly path: string
  /** As the file says it, e.g. `<f4`; for messages. */
  readonly descr: string
  readonly shape: readonly number[]
  /** Bytes before the first number. */
  readonly offset: number
}

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
  if (!startsAsNpy(head)) {
    const found = JSON.stringify(head.subarray(0, 6).toString('latin1'))
    throw new LinchpinError(
      'FORMAT_INVALID',
      `"${path}" begins with ${found}, a .npy file with "\\x93NUMPY".`,
      {
        fix: 'Save the array with numpy.save().'
      }
    )
  }
  if (size < NPY_PREFIX) throw truncated(path, size, NPY_PREFIX)
  const version = head.readUInt8(6)
  const place = npyHeaderPlace(head)
  if (place === null) {
    throw new LinchpinError('FORMAT_INVALID', `"${path}" is .npy version ${version}; 1 to 3 are read.`)
  }
  const { start, length } = place
  if (size < start + length) throw truncated(path, size, start + length)
  if (length > HEADER_LIMIT) throw damaged(path, `a header of ${length} bytes`)

  const parsed = parseDescription(decodeNpyHeader(head.subarray(start, start + length), version))
  if (typeof parsed === 'string') throw damaged(path, parsed)
  const { descr, fortranOrder, shape } = parsed
  const type = descr === null ? null : npyType(descr)
  if (descr === null || type === null) {
    const found = descr === null ? 'of structured type' : `of type "${descr}"`
    throw new LinchpinError('ARRAY_INVALID', `"${path}" is ${found}; plain numbers are read.`)
  }
  if (fortranOrder) {
    throw new LinchpinError('ARRAY_INVALID', `"${path}" is in Fortran order (column-major).`, {
      fix: 'Save numpy.ascontiguousarray(array) instead.'
    })
  }
  const expected = start + length + shape.reduce((product, n) => product * n, type.itemSize)
  if (size < expected) throw truncated(path, size, expected, `${descr} ${shapeText(shape)}`)
  return { path, ...type, descr, shape, offset: start + length }
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
