import { LinchpinError } from '@shared/errors'

/** The `errno` name of an error of `node:fs`, e.g. `ENOENT`; undefined for any other value. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** What `node:fs` threw while reading `path`, in words; other errors come back as they are. */
export function readError(error: unknown, path: string): unknown {
  const code = errnoOf(error)
  if (error instanceof LinchpinError || code === undefined) return error
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new LinchpinError('FILE_NOT_FOUND', `"${path}" was not found.`, { cause: error })
  }
  return new LinchpinError('FILE_UNREADABLE', `Reading "${path}" failed with ${code}.`, {
    cause: error,
    fix: 'Check the permissions of the file and of its folder.'
  })
}

/** What `node:fs` threw while writing `path`, in words; other errors come back as they are. */
export function writeError(error: unknown, path: string): unknown {
  const code = errnoOf(error)
  if (error instanceof LinchpinError || code === undefined) return error
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new LinchpinError('DISK_FULL', `There is no space left for "${path}" (${code}).`, {
      cause: error,
      fix: 'Free some space, or take fewer images.'
    })
  }
  return new LinchpinError('FILE_UNWRITABLE', `Writing "${path}" failed with ${code}.`, {
    cause: error,
    fix: 'Choose a folder that exists and that may be written.'
  })
}

/** @throws LinchpinError CANCELLED when the signal has fired. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new LinchpinError('CANCELLED', 'The work on the images was stopped.')
}

/** The first lines of a list for an error's details, and how many more there are. */
export function firstOf(lines: readonly string[], limit = 20): string[] {
  return lines.length <= limit ? [...lines] : [...lines.slice(0, limit), `… and ${lines.length - limit} more`]
}
