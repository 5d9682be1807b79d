/**
 * How the application is served over a connection. When the connection closes, the signals of the calls that
 * it carried are aborted. Errors cross whole because of the router's `problemMiddleware`.
 */
import type { SupportedMessagePort } from '@orpc/client/message-port'
import { RPCHandler as PortHandler } from '@orpc/server/message-port'
import { RPCHandler as SocketHandler } from '@orpc/server/ws'
import type { WebSocket } from 'ws'
import type { ServedApplication } from './served'

/** @returns a function that serves the application on a port; the port must be started by its owner. */
export function portCarrier(app: ServedApplication): (port: SupportedMessagePort) => void {
  const handler = new PortHandler(app.router)
  return (port) => handler.upgrade(port, { context: {} })
}

/** @returns a function that serves the application on an open WebSocket. */
export function socketCarrier(app: ServedApplication): (socket: WebSocket) => void {
  const handler = new SocketHandler(app.router)
  return (socket) => {
    // Resolves at once: it only adds listeners.
    void handler.upgrade(socket, { context: {} })
  }
}
