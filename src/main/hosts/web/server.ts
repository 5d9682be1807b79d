import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { LinchpinError } from '@shared/errors'
import { socketCarrier } from '../carriers'
import type { ServedApplication } from '../served'
import { printedHost } from './host-names'
import { requests } from './requests'
import { SessionGate } from './session-gate'
import { webSockets } from './sockets'
import { isErrno } from '../../files/errors'

export interface WebHostOptions {
  /** Where to listen; the loopback address unless the user says otherwise. */
  readonly host?: string
  /** 0: any free port. */
  readonly port?: number
  /** The built page. */
  readonly rendererFolder: string
  readonly log: Logger
  /** Called with the address for one more browser, when the last one has been used up. */
  readonly onNewAddress?: (address: string) => void
  /** Milliseconds between the pings that find dead connections. */
  readonly keepAlive?: number
}

export interface WebHost {
  /** The address that opens a session now, with its token. */
  readonly address: string
  /** E.g. `http://127.0.0.1:8000`. */
  readonly origin: string
  /** Ends every connection; the calls that they carried are aborted. */
  close(): Promise<void>
}

/**
 * Serves the page and the application to browsers that know the token.
 *
 * @throws LinchpinError PORT_IN_USE, OPTION_INVALID (host or port cannot be listened on), FILE_NOT_FOUND (the
 *   page has not been built).
 */
export async function startWebHost(app: ServedApplication, options: WebHostOptions): Promise<WebHost> {
  const { host = '127.0.0.1', port = 0, rendererFolder, log } = options
  if (!existsSync(join(rendererFolder, 'index.html'))) {
    throw new LinchpinError('FILE_NOT_FOUND', `There is no page to serve in ${rendererFolder}.`, {
      fix: 'Run "npm run build".'
    })
  }
  const gate = new SessionGate((token) => options.onNewAddress?.(addressOf(token)))
  const sockets = webSockets({
    gate,
    host,
    serve: socketCarrier(app),
    ...(options.keepAlive === undefined ? {} : { keepAlive: options.keepAlive })
  })
  const listener = requests({ gate, host, rendererFolder, uploadsFolder: app.uploadsFolder, log })
  const server = createServer((request, response) => listener.answer(request, response))
  // A large upload over a slow line takes longer than the five minutes that are the default.
  server.requestTimeout = 0
  server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head))

  try {
    await listen(server, host, port)
  } catch (error) {
    sockets.close()
    throw error
  }
  const bound = server.address()
  const origin = `http://${printedHost(host)}:${typeof bound === 'object' && bound !== null ? bound.port : port}`
  function addressOf(token: string): string {
    return `${origin}/?token=${token}`
  }
  log.info({ origin }, 'web host listens')

  return {
    origin,
    get address() {
      return addressOf(gate.token)
    },
    async close() {
      sockets.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      await listener.settled()
    }
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new LinchpinError(
      'OPTION_INVALID',
      `The port is ${port}; it must be a whole number from 0 to 65535.`
    )
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenProblem(error, host, port)))
    server.listen({ host, port }, resolve)
  })
}

function listenProblem(error: Error, host: string, port: number): Error {
  if (isErrno(error, 'EADDRINUSE')) {
    return new LinchpinError('PORT_IN_USE', `Something listens on port ${port} of ${host} already.`, {
      fix: 'Name another port with --port, or leave it out to take any free one.',
      cause: error
    })
  }
  if (isErrno(error, 'EACCES', 'EPERM')) {
    return new LinchpinError('OPTION_INVALID', `Listening on port ${port} of ${host} is not permitted.`, {
      fix: 'Name a port above 1023 with --port.',
      cause: error
    })
  }
  if (isErrno(error, 'ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EINVAL', 'EAFNOSUPPORT')) {
    return new LinchpinError(
      'OPTION_INVALID',
      `The host is ${JSON.stringify(host)}, no address of this machine.`,
      {
        fix: 'Leave --host out to listen on 127.0.0.1.',
        cause: error
      }
    )
  }
  return error
}
