import type { ServerResponse } from 'node:http'
import type { ErrorCode, Problem } from '@shared/errors'

const STATUS: Partial<Record<ErrorCode, number>> = {
  OPTION_INVALID: 400,
  FILE_TRUNCATED: 400,
  DISK_FULL: 507
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify(value))
}

export function sendProblem(response: ServerResponse, problem: Problem): void {
  sendJson(response, STATUS[problem.code] ?? 500, problem)
}

/** A page that is read without scripts or styles; `body` is HTML. */
function sendPage(response: ServerResponse, status: number, body: string, head = ''): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Linchpin</title>${head}</head><body>${body}</body></html>`
  )
}

export function sendForbidden(response: ServerResponse): void {
  sendPage(
    response,
    403,
    '<h1>This address needs its token</h1><p>Open the address that Linchpin has printed in its terminal. ' +
      'Each printed address opens one browser; the next one is printed once it has.</p>' +
      '<p>Was it open here already? <a href="/">Try again</a>.</p>'
  )
}

export function sendMisdirected(response: ServerResponse): void {
  sendPage(
    response,
    403,
    '<h1>Wrong host</h1><p>Open the address that Linchpin has printed in its terminal.</p>'
  )
}

/** Leads to the page from here, as a redirect would; see `comesFromElsewhere`. */
export function sendForwardingPage(response: ServerResponse): void {
  sendPage(
    response,
    200,
    '<p><a href="/">Open Linchpin</a></p>',
    '<meta http-equiv="refresh" content="0;url=/">'
  )
}

export function sendStatus(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(`${text}\n`)
}
