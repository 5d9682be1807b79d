import { LinchpinError, type ErrorCode } from '@shared/errors'

function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}

interface Reading {
  readonly code: ErrorCode
  readonly fact: string
  readonly fix: string
}

function reading(code: string | null, path: string, purpose: 'read' | 'write'): Reading | null {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { code: 'FILE_NOT_FOUND', fact: `Nothing is at "${path}".`, fix: 'Check the path.' }
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
  const code = systemCode(error)
  const known = reading(code, path, purpose)
  if (known !== null) return new LinchpinError(known.code, known.fact, { fix: known.fix, cause: error })
  if (code !== null) {
    return new LinchpinError(
      purpose === 'read' ? 'FILE_UNREADABLE' : 'FILE_UNWRITABLE',
      `"${path}" (${code}).`,
      { cause: error }
    )
  }
  return error instanceof Error ? error : new Error(String(error))
}
