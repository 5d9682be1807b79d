import { connectBrowser } from './browser'
import type { Connection } from './connection'
import { connectDesktop } from './desktop'

/** Over a MessagePort in the desktop's window, otherwise over a WebSocket to the host that served the page. */
export function connect(): Promise<Connection> {
  return window.linchpin === undefined ? connectBrowser(window.location) : connectDesktop(window.linchpin)
}
