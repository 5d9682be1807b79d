/** Unpacks an entry piece by piece, straight into memory of its final size. */
import { Buffer } from 'node:buffer'
import { createInflateRaw } from 'node:zlib'
import { errnoOf } from '../../files/errors'
import type { CheckpointFile } from '../types'
import type { ZipEntry } from './directory'
import { invalid } from './errors'

/** One read. A piece of a bomb unpacks to a thousand times as much, so where little is needed, little is read. */
const LARGEST_PIECE = 2 ** 20
const SMALLEST_PIECE = 2 ** 12

/**
 * The first `length` bytes that an entry unpacks to; all of them must be its declared size.
 * @param begin where its packed bytes begin in the file.
 * @throws FORMAT_INVALID when it unpacks to fewer bytes, or to more than it declares.
 */
export async function inflateStart(
  file: CheckpointFile,
  entry: ZipEntry,
  begin: number,
  length: number
): Promise<Uint8Array<ArrayBuffer>> {
  const target = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
  const step = Math.min(LARGEST_PIECE, Math.max(SMALLEST_PIECE, length))
  const inflate = createInflateRaw()
  let filled = 0
  const failures: Error[] = []
  let ended = false
  inflate.on('data', (piece: Buffer) => {
    target.set(piece.subarray(0, Math.max(0, length - filled)), Math.min(filled, length))
    filled += piece.length
    if (!isOpen()) inflate.destroy()
  })
  inflate.on('error', (error) => failures.push(error))
  inflate.on('end', () => (ended = true))
  try {
    for (let at = 0; at < entry.packed && isOpen(); at += step) {
      const piece = await file.read(begin + at, Math.min(step, entry.packed - at))
      await new Promise<void>((resolve) => {
        inflate.once('close', resolve)
        inflate.write(piece, () => {
          inflate.off('close', resolve)
          resolve()
        })
      })
    }
    if (isOpen() && length === entry.size) await finished()
  } finally {
    inflate.destroy()
  }
  const [failure] = failures
  if (failure !== undefined && errnoOf(failure) === undefined) throw failure
  if (failure !== undefined || filled < length || (length === entry.size && filled > length)) {
    throw invalid(file.path, `its entry "${entry.name}" does not unpack to ${entry.size} bytes.`)
  }
  return target

  /** Whether more of it is needed and can come. */
  function isOpen(): boolean {
    return (
      failures.length === 0 && !ended && filled <= entry.size && (filled < length || length === entry.size)
    )
  }

  function finished(): Promise<void> {
    return new Promise((resolve) => {
      inflate.once('close', resolve)
      inflate.once('end', resolve)
      inflate.end()
    })
  }
}
