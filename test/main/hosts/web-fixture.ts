import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { startWebHost, type WebHost, type WebHostOptions } from '../../../src/main/hosts/web/server'
import { recordingLog, servedApplication, temporaryFolder, type Witness } from './served-fixture'

export interface Served {
  readonly host: WebHost
  readonly port: number
  readonly uploads: string
  /** Addresses that were given out after the first. */
  readonly addresses: string[]
  readonly witness: Witness
  readonly line: (part: string) => Promise<string>
}

/** A web host on a free port, with a small page and an application that does little. */
export async function serve(options: Partial<WebHostOptions> = {}): Promise<Served> {
  const folder = await temporaryFolder()
  const rendererFolder = join(folder, 'renderer')
  const uploads = join(folder, 'uploads')
  await mkdir(join(rendererFolder, 'assets'), { recursive: true })
  await writeFile(join(rendererFolder, 'index.html'), '<!doctype html><title>the page</title>')
  await writeFile(join(rendererFolder, 'assets', 'app-1.js'), 'console.log(1)')
  await writeFile(join(rendererFolder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  await writeFile(join(folder, 'secret.txt'), 'secret')
  const { log, line } = recordingLog()
  const { app, witness } = servedApplication(log, uploads)
  const addresses: string[] = []
  const host = await startWebHost(app, {
    rendererFolder,
    log,
    onNewAddress: (address) => addresses.push(address),
    ...options
  })
  onTestFinished(() => host.close())
  return { host, port: Number(new URL(host.origin).port), uploads, addresses, witness, line }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** One request, with exactly these headers and this target, as no browser would let one make it. */
export async function ask(
  port: number,
  target: string,
  options: { method?: string; headers?: OutgoingHttpHeaders; body?: Readable | string } = {}
): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options
  const request = httpRequest({ host: '127.0.0.1', port, path: target, method, headers, agent: false })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  const content = typeof body === 'string' ? Readable.from([body]) : (body ?? Readable.from([]))
  const [[response]] = await Promise.all([answered, pipeline(content, request)])
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) }
}

/** Goes to an address with its token as a browser does, and returns the session's cookie. */
export async function enter(address: string): Promise<string> {
  const url = new URL(address)
  const { status, headers } = await ask(Number(url.port), url.pathname + url.search)
  const cookie = headers['set-cookie']?.[0]?.split(';')[0]
  if (status !== 303 || cookie === undefined) throw new Error(`The token was not taken: ${status}`)
  return cookie
}

/** A WebSocket as the page opens it; `headers` overrides what a browser sends. */
export function socket(
  port: number,
  cookie: string | undefined,
  headers: Record<string, string> = {}
): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${port}/rpc`, {
    headers: {
      Origin: `http://127.0.0.1:${port}`,
      ...(cookie === undefined ? {} : { Cookie: cookie }),
      ...headers
    }
  })
}

/** The status with which an upgrade is refused; fails when it is not. */
export async function refusal(webSocket: WebSocket): Promise<number> {
  return new Promise((resolve, reject) => {
    webSocket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    webSocket.on('open', () => reject(new Error('the upgrade was not refused')))
  })
}
