import { Buffer } from 'node:buffer'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { LinchpinError } from '@shared/errors'
import { fileError } from '../files/errors'
import type { CheckpointFile } from './types'

/** One read asks the system for at most this many bytes: larger reads fail on some systems. */
const LARGEST_READ = 1 << 30

/** @throws FILE_NOT_FOUND, FILE_UNREADABLE, FILE_EMPTY. */
export async function openCheckpointFile(path: string): Promise<CheckpointFile> {
  const handle = await openRegular(path)
  try {
    const { size } = await handle.stat()
    if (size === 0) throw new LinchpinError('FILE_EMPTY', `"${path}" has 0 bytes.`)
    return {
      path,
      size,
      read: (offset, length) => readBytes(handle, { path, size }, offset, length),
      close: () => handle.close()
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Asked first, for opening a pipe waits until somebody writes into it. */
async function openRegular(path: string): Promise<FileHandle> {
  try {
    const stats = await stat(path)
    if (stats.isDirectory()) {
      throw new LinchpinError('FILE_UNREADABLE', `"${path}" is a folder, not a checkpoint file.`)
    }
    if (!stats.isFile()) {
      throw new LinchpinError('FILE_UNREADABLE', `"${path}" is a device or a pipe, not a file.`)
    }
    return await open(path, 'r')
  } catch (error) {
    throw fileError(error, path, 'read')
  }
}

async function readBytes(
  handle: FileHandle,
  { path, size }: { readonly path: string; readonly size: number },
  offset: number,
  length: number
): Promise<Uint8Array<ArrayBuffer>> {
  const possible = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0
  if (!possible || offset + length > size) {
    throw new LinchpinError(
      'FILE_TRUNCATED',
      `"${path}" has ${size} bytes, but bytes ${offset} to ${offset + length} are needed.`,
      { fix: 'Copy or download the file again.' }
    )
  }
  const bytes = memoryFor(path, length)
  try {
    for (let done = 0; done < length;) {
      const part = Math.min(LARGEST_READ, length - done)
      const { bytesRead } = await handle.read(bytes, done, part, offset + done)
      if (bytesRead === 0) {
        throw new LinchpinError('FILE_TRUNCATED', `"${path}" became shorter while it was read.`)
      }
      done += bytesRead
    }
  } catch (error) {
    throw fileError(error, path, 'read')
  }
  return bytes
}

/** A buffer of its own, aligned for every number; what lay in it before is overwritten. */
function memoryFor(path: string, length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
  } catch (error) {
    throw new LinchpinError(
      'FILE_UNREADABLE',
      `${length} bytes of "${path}" do not fit into memory at once.`,
      {
        cause: error
      }
    )
  }
}
