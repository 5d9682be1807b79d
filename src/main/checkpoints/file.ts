import { open } from 'node:fs/promises'
import { LinchpinError } from '@shared/errors'
import { fileError } from '../files/errors'
import type { CheckpointFile } from './types'

/** One read asks the system for at most this many bytes: larger reads fail on some systems. */
const LARGEST_READ = 1 << 30

/** @throws FILE_NOT_FOUND, FILE_UNREADABLE, FILE_EMPTY. */
export async function openCheckpointFile(path: string): Promise<CheckpointFile> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw fileError(error, path, 'read')
  })
  try {
    const stats = await handle.stat()
    if (stats.isDirectory()) {
      throw new LinchpinError('FILE_UNREADABLE', `"${path}" is a folder, not a checkpoint file.`)
    }
    if (stats.size === 0) throw new LinchpinError('FILE_EMPTY', `"${path}" has 0 bytes.`)
    return {
      path,
      size: stats.size,
      async read(offset, length) {
        if (offset < 0 || length < 0 || offset + length > stats.size) {
          throw new LinchpinError(
            'FILE_TRUNCATED',
            `"${path}" has ${String(stats.size)} bytes, but bytes ${String(offset)} to ${String(offset + length)} are needed.`,
            { fix: 'Copy or download the file again.' }
          )
        }
        const bytes = new Uint8Array(length)
        let done = 0
        while (done < length) {
          const part = Math.min(LARGEST_READ, length - done)
          const { bytesRead } = await handle.read(bytes, done, part, offset + done)
          if (bytesRead === 0) {
            throw new LinchpinError('FILE_TRUNCATED', `"${path}" became shorter while it was read.`)
          }
          done += bytesRead
        }
        return bytes
      },
      close: () => handle.close()
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}
