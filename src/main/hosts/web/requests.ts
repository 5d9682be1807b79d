import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import sirv from 'sirv'
import { LinchpinError, toProblem } from '@shared/errors'
import { pageHeaders } from '../page-headers'
import { isAllowedHost, isSameOrigin } from './host-names'
import {
  sendForbidden,
  sendForwardingPage,
  sendJson,
  sendMisdirected,
  sendProblem,
  sendStatus
} from './responses'
import type { SessionGate } from './session-gate'
import { parseUploadPath } from './upload-path'
import { storeUpload } from './uploads'

export interface RequestOptions {
  readonly gate: SessionGate
  /** The host that the server listens on. */
  readonly host: string
  readonly rendererFolder: string
  readonly uploadsFolder: string
  readonly log: Logger
}

const OPEN_PATHS: readonly string[] = ['/favicon.ico', '/favicon.svg']

export interface Requests {
  answer(request: IncomingMessage, response: ServerResponse): void
  /** Resolves when no upload is being written any more. */
  settled(): Promise<void>
}

/** Answers everything but WebSockets: the token's address, the page's files, and uploads. */
export function requests(options: RequestOptions): Requests {
  const { gate, log } = options
  const uploads = new Set<Promise<void>>()
  const files = sirv(options.rendererFolder, {
    etag: true,
    setHeaders: (response, pathname) => {
      // File names under assets/ change with their content; the page names them and must be fresh.
      const forever = pathname.startsWith('/assets/')
      response.setHeader('Cache-Control', forever ? 'private, max-age=31536000, immutable' : 'no-store')
    },
    onNoMatch: (_, response) => sendStatus(response, 404, 'Not found.')
  })

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { host } = request.headers
    const [path = '', query = ''] = (request.url ?? '').split('?', 2)
    const allowed = isAllowedHost(host, options.host)
    const sockets = allowed ? [`ws://${host}`, `wss://${host}`] : []
    for (const [name, value] of Object.entries(pageHeaders(sockets))) response.setHeader(name, value)
    if (!allowed) {
      refuse(request, () => sendMisdirected(response))
      return
    }
    const token = path === '/' ? new URLSearchParams(query).get('token') : null
    const admitted = gate.admits(request.headers.cookie)
    if (token !== null && isRead(request)) {
      const cookie = admitted ? undefined : gate.enter(token)
      if (cookie === null) sendForbidden(response)
      else sendToPage(request, response, cookie)
    } else if (!admitted && !(OPEN_PATHS.includes(path) && isRead(request))) {
      refuse(request, () => sendForbidden(response))
    } else if (isRead(request)) {
      // Nothing here is worth asking for in part.
      delete request.headers.range
      files(request, response)
    } else if (request.method === 'PUT' && path.startsWith('/uploads/')) {
      const upload = receiveUpload(request, response, options).finally(() => uploads.delete(upload))
      uploads.add(upload)
    } else {
      response.setHeader('Allow', 'GET, HEAD')
      refuse(request, () => sendStatus(response, 405, 'Method not allowed.'))
    }
  }

  async function receiveUpload(
    request: IncomingMessage,
    response: ServerResponse,
    { uploadsFolder }: RequestOptions
  ): Promise<void> {
    try {
      if (!isSameOrigin(request.headers.origin, request.headers.host)) {
        refuse(request, () => sendForbidden(response))
        return
      }
      const stored = await storeUpload(
        // The request must outlive a failure, to be read to its end and answered.
        request.iterator({ destroyOnReturn: false }),
        {
          folder: uploadsFolder,
          target: parseUploadPath(request.url ?? '', process.platform),
          expected: announcedLength(request)
        }
      )
      sendJson(response, 200, stored)
    } catch (error) {
      const problem = toProblem(error)
      log.warn(
        { err: problem.code === 'BUG' ? error : undefined, problem, upload: request.url },
        'upload failed'
      )
      afterBody(request, () => sendProblem(response, problem))
    }
  }

  return {
    answer,
    settled: async () => {
      await Promise.all(uploads)
    }
  }
}

function isRead(request: IncomingMessage): boolean {
  return request.method === 'GET' || request.method === 'HEAD'
}

/** Answers at once; what the request still holds is thrown away. */
function refuse(request: IncomingMessage, answer: () => void): void {
  answer()
  request.resume()
}

/** Answers once the rest of the request has been thrown away: a browser sends all of it before it reads. */
function afterBody(request: IncomingMessage, answer: () => void): void {
  if (request.readableEnded) answer()
  else request.once('end', answer).resume()
}

function sendToPage(request: IncomingMessage, response: ServerResponse, cookie: string | undefined): void {
  if (cookie !== undefined) response.setHeader('Set-Cookie', cookie)
  response.setHeader('Cache-Control', 'no-store')
  if (comesFromElsewhere(request)) {
    sendForwardingPage(response)
  } else {
    response.writeHead(303, { Location: '/' })
    response.end()
  }
}

/**
 * Whether another site's link has led here, e.g. that of a terminal in a browser. A strict cookie does not go
 * along with a redirect then, but does when a page of ours leads on.
 */
function comesFromElsewhere(request: IncomingMessage): boolean {
  const site = request.headers['sec-fetch-site']
  return site === 'cross-site' || site === 'same-site'
}

function announcedLength(request: IncomingMessage): number | null {
  const header = request.headers['content-length']
  if (header === undefined) return null
  const length = Number(header)
  if (!Number.isSafeInteger(length)) {
    throw new LinchpinError(
      'OPTION_INVALID',
      `Content-Length is ${JSON.stringify(header)}, not a number of bytes.`
    )
  }
  return length
}
