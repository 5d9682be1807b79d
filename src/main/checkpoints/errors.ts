import { LinchpinError } from '@shared/errors'

const AGAIN = 'Copy or download the file again.'

/** Errors of one format's files; `fact` says what was found in the file and what was expected. */
export interface FormatErrors {
  /** FORMAT_INVALID. */
  readonly invalid: (path: string, fact: string) => LinchpinError
  /** FILE_TRUNCATED. */
  readonly truncated: (path: string, fact: string) => LinchpinError
  /** FORMAT_UNSUPPORTED: sound, and not read. */
  readonly unreadable: (path: string, fact: string, fix?: string) => LinchpinError
}

/** @param format as the user knows it, e.g. `PyTorch`. */
export function formatErrors(format: string): FormatErrors {
  return {
    invalid: (path, fact) =>
      new LinchpinError('FORMAT_INVALID', `"${path}" (${format}): ${fact}`, { fix: AGAIN }),
    truncated: (path, fact) =>
      new LinchpinError('FILE_TRUNCATED', `"${path}" (${format}): ${fact}`, { fix: AGAIN }),
    unreadable: (path, fact, fix = 'Save its state dict as safetensors, and import that.') =>
      new LinchpinError('FORMAT_UNSUPPORTED', `"${path}" (${format}): ${fact}`, { fix })
  }
}
