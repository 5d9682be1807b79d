import { LinchpinError, type ErrorCode } from '@shared/errors'

/** The code of an error of the system, e.g. `ENOENT`; undefined for any other value. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

export function isErrno(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  const code = errnoOf(error)
  return code !== undefined && codes.includes(code)
}

interface Reading {
  readonly code: ErrorCode
  readonly fact: string
  readonly fix: string
}

function reading(code: string | undefined, path: string, purpose: 'read' | 'write'): Reading | null {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return purpose === 'read'
        ? { code: 'FILE_NOT_FOUND', fact: `Nothing is at "${path}".`, fix: 'Check the path.' }
        : {
            code: 'FILE_UNWRITABLE',
            fact: `The folder of "${path}" does not exist.`,
            fix: 'Make it, or choose another folder.'
          }
    case 'EACCES':
    case 'EPERM':
    case 'EISDIR':
      return purpose === 'read'
        ? { code: 'FILE_UNREADABLE', fact: `"${path}" (${code}).`, fix: 'Check its permissions.' }
        : {
            code: 'FILE_UNWRITABLE',
            fact: `"${path}" (${code}).`,
            fix: 'Check permissions, or choose another folder.'
          }
    case 'EROFS':
      return {
        code: 'FILE_UNWRITABLE',
        fact: `"${path}" is on a read-only disk.`,
        fix: 'Choose another folder.'
      }
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        code: 'DISK_FULL',
        fact: `"${path}" could not be written.`,
        fix: 'Free some space and try again.'
      }
    default:
      return null
  }
}

/** A system error as one that the user can read; anything else is returned as it is. */
export function fileError(error: unknown, path: string, purpose: 'read' | 'write'): Error {
  if (error instanceof LinchpinError) return error
  const code = errnoOf(error)
  const known = reading(code, path, purpose)
  if (known !== null) return new LinchpinError(known.code, known.fact, { fix: known.fix, cause: error })
  if (code !== undefined) {
    return new LinchpinError(
      purpose === 'read' ? 'FILE_UNREADABLE' : 'FILE_UNWRITABLE',
      `"${path}" (${code}).`,
      { cause: error }
    )
  }
  return error instanceof Error ? error : new Error(String(error))
}
