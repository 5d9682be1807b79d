import { readFile } from 'node:fs/promises'
import { LinchpinError } from '@shared/errors'
import { fileError } from '../../files/errors'
import { readNpyHeader, shapeText } from './header'

/**
 * All integers of a one-dimensional `.npy` file, of any width, sign and byte order.
 * @throws LinchpinError LABELS_INVALID for another shape or type, and what `readNpyHeader` throws
 */
export async function readNpyIntegers(path: string): Promise<number[]> {
  const header = await readNpyHeader(path)
  const [count = 0] = header.shape
  if (header.shape.length !== 1) {
    throw new LinchpinError(
      'LABELS_INVALID',
      `"${path}" has the shape ${shapeText(header.shape)}; labels are [N].`
    )
  }
  if ((header.kind !== 'i' && header.kind !== 'u') || ![1, 2, 4, 8].includes(header.itemSize)) {
    throw new LinchpinError(
      'LABELS_INVALID',
      `"${path}" is of type "${header.descr}"; labels are integers.`,
      {
        fix: "Save labels.astype('int64')."
      }
    )
  }
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileError(error, path, 'read')
  })
  const read = reader(bytes, header.kind === 'i', header.itemSize, header.littleEndian)
  return Array.from({ length: count }, (_, index) => read(header.offset + index * header.itemSize))
}

function reader(bytes: Buffer, signed: boolean, size: number, little: boolean): (offset: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (size === 8) {
    return (offset) => Number(signed ? view.getBigInt64(offset, little) : view.getBigUint64(offset, little))
  }
  if (size === 4) return (offset) => (signed ? view.getInt32(offset, little) : view.getUint32(offset, little))
  if (size === 2) return (offset) => (signed ? view.getInt16(offset, little) : view.getUint16(offset, little))
  return (offset) => (signed ? view.getInt8(offset) : view.getUint8(offset))
}
