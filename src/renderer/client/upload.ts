import { fromProblem, isErrorCode, LinchpinError, type Problem } from '@shared/errors'
import type { OnProgress, UploadPlace } from './connection'

interface Uploaded {
  /** Absolute, on the machine that runs Linchpin. */
  readonly path: string
  /** The folder of the file's group. */
  readonly root: string
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isUploaded(value: unknown): value is Uploaded {
  return isRecord(value) && typeof value.path === 'string' && typeof value.root === 'string'
}

function isProblem(value: unknown): value is Problem {
  return isRecord(value) && isErrorCode(value.code) && typeof value.message === 'string'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function failure(name: string, status: number, answer: unknown): Error {
  if (isProblem(answer)) return fromProblem(answer)
  const fact = status === 0 ? 'The connection broke off.' : `The host answered with status ${status}.`
  return new LinchpinError('FILE_UNWRITABLE', `“${name}” was not uploaded. ${fact}`, { fix: 'Try again.' })
}

export function uploadAddress({ group, path }: UploadPlace): string {
  const segments = path.split('/').filter((segment) => segment !== '')
  return `/uploads/${encodeURIComponent(group)}/${segments.map(encodeURIComponent).join('/')}`
}

/** Streams a file to the host. XMLHttpRequest, because fetch reports no progress of what it sends. */
export function upload(
  file: File,
  place: UploadPlace,
  onProgress?: OnProgress,
  signal?: AbortSignal
): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = (): void => request.abort()
    request.open('PUT', uploadAddress(place))
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable && event.total > 0) onProgress?.(event.loaded / event.total)
    })
    request.addEventListener('loadend', () => {
      signal?.removeEventListener('abort', abort)
      const answer = parse(request.responseText)
      if (request.status >= 200 && request.status < 300 && isUploaded(answer)) resolve(answer)
      else reject(failure(file.name, request.status, answer))
    })
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) reject(failure(file.name, 0, null))
    else request.send(file)
  })
}
