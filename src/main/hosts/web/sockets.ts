import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { isAllowedHost, isSameOrigin } from './host-names'
import type { SessionGate } from './session-gate'

/** The largest message that a page may send. */
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024
const KEEP_ALIVE_MS = 30_000
const PATH = '/rpc'

export interface Sockets {
  /** Answers an HTTP upgrade: a WebSocket for a session of the page itself, or a refusal. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Ends every connection at once. */
  close(): void
}

/**
 * @param serve takes a socket that has just opened.
 * @param keepAlive milliseconds between pings; who has not answered the last one is taken for gone.
 */
export function webSockets(options: {
  gate: SessionGate
  host: string
  serve: (socket: WebSocket) => void
  keepAlive?: number
}): Sockets {
  const { gate, host, serve, keepAlive = KEEP_ALIVE_MS } = options
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD_BYTES })
  const silent = new WeakSet<WebSocket>()

  const timer = setInterval(() => {
    for (const socket of server.clients) {
      if (silent.has(socket)) {
        socket.terminate()
      } else {
        silent.add(socket)
        socket.ping()
      }
    }
  }, keepAlive)
  timer.unref()

  function mayConnect(request: IncomingMessage): boolean {
    const { headers, url = '' } = request
    return (
      url.split('?')[0] === PATH &&
      isAllowedHost(headers.host, host) &&
      isSameOrigin(headers.origin, headers.host) &&
      gate.admits(headers.cookie)
    )
  }

  return {
    upgrade(request, socket, head) {
      if (!mayConnect(request)) {
        socket.on('error', () => undefined)
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
        return
      }
      server.handleUpgrade(request, socket, head, (webSocket) => {
        // A broken or oversized message; `ws` closes the connection after it.
        webSocket.on('error', () => undefined)
        webSocket.on('pong', () => silent.delete(webSocket))
        gate.connected(request.headers.cookie)
        serve(webSocket)
      })
    },
    close() {
      clearInterval(timer)
      for (const socket of server.clients) socket.terminate()
      server.close()
    }
  }
}
