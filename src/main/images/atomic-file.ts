import { randomBytes } from 'node:crypto'
import { open, rename, rm, statfs, type FileHandle } from 'node:fs/promises'
import { LinchpinError } from '@shared/errors'
import { fileError } from '../files/errors'

/**
 * A file that appears under its name only when it is complete: written under a temporary name beside it, then
 * renamed. Every method throws LinchpinError DISK_FULL or FILE_UNWRITABLE; after an error call `discard`.
 */
export class AtomicFile {
  readonly path: string
  readonly #temporary: string
  readonly #handle: FileHandle
  #open = true

  private constructor(path: string, temporary: string, handle: FileHandle) {
    this.path = path
    this.#temporary = temporary
    this.#handle = handle
  }

  static async create(path: string): Promise<AtomicFile> {
    const temporary = `${path}.${randomBytes(6).toString('hex')}.part`
    try {
      return new AtomicFile(path, temporary, await open(temporary, 'wx'))
    } catch (error) {
      throw fileError(error, path, 'write')
    }
  }

  /** Appends all of `bytes`. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#handle.writeFile(bytes)
    } catch (error) {
      throw fileError(error, this.path, 'write')
    }
  }

  /** Overwrites the first bytes; the place where `write` appends stays. For a handful of bytes. */
  async writeHead(bytes: Uint8Array): Promise<void> {
    try {
      await this.#handle.write(bytes, 0, bytes.length, 0)
    } catch (error) {
      throw fileError(error, this.path, 'write')
    }
  }

  /** Puts the file under its name, replacing one that is there. */
  async commit(): Promise<void> {
    try {
      await this.#handle.sync()
      await this.#close()
      await rename(this.#temporary, this.path)
    } catch (error) {
      throw fileError(error, this.path, 'write')
    }
  }

  /** Removes what was written so far. Never throws, and does nothing after `commit`. */
  async discard(): Promise<void> {
    await this.#close().catch(() => undefined)
    await rm(this.#temporary, { force: true }).catch(() => undefined)
  }

  async #close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await this.#handle.close()
  }
}

/**
 * Refuses work whose result cannot fit, before hours are spent on it.
 * @throws LinchpinError DISK_FULL with both sizes.
 */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= bytes) return
  throw new LinchpinError(
    'DISK_FULL',
    `The prepared images take ${megabytes(bytes)}, and "${folder}" has ${megabytes(free)} left.`,
    { fix: 'Free some space, or take fewer images with --count.' }
  )
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`
}
