import { LinchpinError } from '@shared/errors'

export function isErrno(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
  )
}

/** An error of writing `path`, as one that the user can read; any other error as it is. */
export function storageProblem(error: unknown, path: string): unknown {
  if (isErrno(error, 'ENOSPC', 'EDQUOT')) {
    return new LinchpinError('DISK_FULL', `There was no room for ${path}.`, {
      fix: 'Free some space and try again.',
      cause: error
    })
  }
  if (isErrno(error, 'EACCES', 'EPERM', 'EROFS')) {
    return new LinchpinError('FILE_UNWRITABLE', `Writing ${path} is not permitted.`, {
      fix: 'Make the folder writable.',
      cause: error
    })
  }
  if (isErrno(error, 'EEXIST', 'EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'ENAMETOOLONG')) {
    return new LinchpinError('FILE_UNWRITABLE', `${path} cannot have that place (${error.code}).`, {
      cause: error
    })
  }
  return error
}
