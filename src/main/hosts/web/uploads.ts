import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LinchpinError } from '@shared/errors'
import { fileError, isErrno } from '../../files/errors'
import type { UploadPath } from './upload-path'

/** Holds files that are still arriving: nothing that reads a group's folder ever meets half a file. */
const PARTIAL_FOLDER = '.partial'

export interface StoredUpload {
  /** Absolute path of the file. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Hexadecimal. */
  readonly sha256: string
  /** Absolute path of the group's folder. */
  readonly root: string
}

/**
 * Writes a stream of bytes to its file, a piece at a time: the next piece is asked for once the last is
 * written, so memory does not grow with the file. The file appears under its name when it is whole.
 *
 * @param expected the length in bytes that the sender has announced; null when it has not.
 * @throws LinchpinError FILE_TRUNCATED when less arrived (or the sender went away), DISK_FULL, FILE_UNWRITABLE;
 *   nothing is left of the file then.
 */
export async function storeUpload(
  chunks: AsyncIterable<Uint8Array>,
  options: { folder: string; target: UploadPath; expected: number | null }
): Promise<StoredUpload> {
  const root = join(options.folder, options.target.group)
  const path = join(root, ...options.target.segments)
  const partial = join(options.folder, PARTIAL_FOLDER, randomUUID())
  try {
    await mkdir(dirname(partial), { recursive: true })
    const written = await write(chunks, partial)
    if (options.expected !== null && written.size !== options.expected) {
      throw truncated(path, written.size, options.expected)
    }
    await mkdir(dirname(path), { recursive: true })
    await rename(partial, path)
    return { path, root, ...written }
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined)
    if (isErrno(error, 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'))
      throw truncated(path, null, options.expected)
    throw fileError(error, path, 'write')
  }
}

async function write(
  chunks: AsyncIterable<Uint8Array>,
  path: string
): Promise<{ readonly size: number; readonly sha256: string }> {
  const hash = createHash('sha256')
  let size = 0
  const file = await open(path, 'wx')
  try {
    for await (const chunk of chunks) {
      hash.update(chunk)
      size += chunk.length
      await file.appendFile(chunk)
    }
  } finally {
    await file.close()
  }
  return { size, sha256: hash.digest('hex') }
}

function truncated(path: string, received: number | null, expected: number | null): LinchpinError {
  const bytes = expected === null ? 'all' : `all ${expected} bytes`
  const fact =
    received === null
      ? `The connection ended before ${bytes} had arrived`
      : `${received} bytes arrived instead of ${bytes}`
  return new LinchpinError('FILE_TRUNCATED', `${fact}: ${path}.`, { fix: 'Drop the file again.' })
}
