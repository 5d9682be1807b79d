/**
 * Errors that the user can read. Two sentences: the kind, then the fact, quoted; `fix` says what to do.
 * The code is stable: tests, scripts and the interface tell errors apart by it.
 */
export const ERROR_CODES = {
  FILE_NOT_FOUND: 'The file or folder does not exist.',
  FILE_UNREADABLE: 'The file or folder cannot be read.',
  FILE_UNWRITABLE: 'The file or folder cannot be written.',
  FILE_EMPTY: 'The file is empty.',
  FILE_TRUNCATED: 'The file ends too early.',
  FILE_CHANGED: 'The file is not the one that was imported.',
  FORMAT_UNKNOWN: 'The file is no checkpoint that can be read.',
  FORMAT_UNSUPPORTED: 'The file has a format that is recognised but not read.',
  FORMAT_INVALID: 'The file is damaged or not what it says it is.',
  ARCHITECTURE_UNKNOWN: 'The tensors are of no architecture that is known.',
  TENSORS_MISSING: 'Tensors of the architecture are missing.',
  TENSORS_UNEXPECTED: 'Tensors that the architecture does not have are left over.',
  CLASSIFIER_MISSING: 'The classifier is missing.',
  CLASSIFIER_ALONE: 'The file holds a classifier alone.',
  TENSOR_SHAPE: 'A tensor has the wrong shape.',
  TENSOR_NOT_FINITE: 'Weights are NaN or infinite.',
  GRAPH_UNSUPPORTED: 'The graph cannot be measured.',
  OUTPUT_NOT_FINITE: 'The network put out NaN or infinite values.',
  INPUT_SIZE: 'The images do not have the size that the model takes.',
  NO_IMAGES: 'There are no images to use.',
  IMAGE_INVALID: 'An image cannot be read.',
  LABELS_INVALID: 'The labels do not fit the images.',
  ARRAY_INVALID: 'The array file cannot be used.',
  STUDY_INVALID: 'The file is no study.',
  STUDY_NEWER: 'The study was written by a newer version.',
  STUDY_EXISTS: 'There is a file of this name already.',
  DISK_FULL: 'The disk is full.',
  MODEL_UNKNOWN: 'The study has no such model.',
  LAYER_UNKNOWN: 'The model has no such layer.',
  RUN_UNKNOWN: 'The study has no such run.',
  STUDY_BUSY: 'Another process measures this study.',
  RUN_ELSEWHERE: 'The run belongs to another process.',
  NOTHING_TO_MEASURE: 'There is nothing to measure.',
  NOTHING_MEASURED: 'There are no such results.',
  EVALUATION_MISSING: 'The study has no evaluation set.',
  OPTION_INVALID: 'An option has a value that it cannot have.',
  DEVICE_UNAVAILABLE: 'The device cannot be used here.',
  ENGINE_DIED: 'The engine process ended before its work was done.',
  PORT_IN_USE: 'The port is in use.',
  CONNECTION_CLOSED: 'The connection is closed.',
  CANCELLED: 'The work was cancelled.',
  BUG: 'This is a bug in Linchpin.'
} as const

export type ErrorCode = keyof typeof ERROR_CODES

/** What went wrong, as plain data: crosses processes, lies in the store, is shown to the user. */
export interface Problem {
  readonly code: ErrorCode
  readonly message: string
  /** What to do about it. */
  readonly fix?: string
  /** Lines that the user may want to copy, e.g. the names of missing tensors. */
  readonly details?: readonly string[]
}

export class LinchpinError extends Error {
  readonly code: ErrorCode
  readonly fix: string | undefined
  readonly details: readonly string[] | undefined

  /** @param fact the second sentence: what was found, quoted, and what was expected. */
  constructor(
    code: ErrorCode,
    fact: string,
    options: { fix?: string; details?: readonly string[]; cause?: unknown } = {}
  ) {
    super(`${ERROR_CODES[code]} ${fact}`, { cause: options.cause })
    this.name = 'LinchpinError'
    this.code = code
    this.fix = options.fix
    this.details = options.details
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value)
}

interface RemoteError {
  readonly code: ErrorCode
  readonly message: string
  readonly data?: { readonly fix?: string; readonly details?: readonly string[] } | undefined
}

/** An error that came over a carrier has a code and data but is no LinchpinError any more. */
function isRemoteError(error: unknown): error is RemoteError {
  return error instanceof Error && 'code' in error && isErrorCode(error.code)
}

/** Any thrown value as a problem. An unknown error is a bug, and its own text is kept as a detail. */
export function toProblem(error: unknown): Problem {
  if (error instanceof LinchpinError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.fix === undefined ? {} : { fix: error.fix }),
      ...(error.details === undefined ? {} : { details: error.details })
    }
  }
  if (isRemoteError(error)) {
    return {
      code: error.code,
      message: error.message,
      ...(error.data?.fix === undefined ? {} : { fix: error.data.fix }),
      ...(error.data?.details === undefined ? {} : { details: error.data.details })
    }
  }
  const text = error instanceof Error ? error.message : String(error)
  return {
    code: 'BUG',
    message: `${ERROR_CODES.BUG} ${text}`,
    fix: 'Please report it with the log file.'
  }
}

/** The problem as an error again, e.g. after it came over a carrier. */
export function fromProblem(problem: Problem): LinchpinError {
  const prefix = `${ERROR_CODES[problem.code]} `
  const fact = problem.message.startsWith(prefix) ? problem.message.slice(prefix.length) : problem.message
  return new LinchpinError(problem.code, fact, {
    ...(problem.fix === undefined ? {} : { fix: problem.fix }),
    ...(problem.details === undefined ? {} : { details: problem.details })
  })
}
