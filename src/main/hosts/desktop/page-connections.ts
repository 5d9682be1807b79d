import { ipcMain, MessageChannelMain, type WebContents } from 'electron'
import type { Logger } from 'pino'
import { PORT_CHANNEL } from '../../../preload/channels'
import { portCarrier } from '../carriers'
import type { ServedApplication } from '../served'
import { isPartOfPage } from './page-address'
import { pagePort, type PagePort } from './page-port'

/**
 * Gives each page that asks a connection to the application. A page has one: asking again, as after a reload,
 * ends the one before, and so does its window's end.
 *
 * @param onConnected called with the page once it has its connection.
 */
export function connectPages(
  app: ServedApplication,
  options: { page: string; log: Logger; onConnected: (contents: WebContents) => void }
): void {
  const serve = portCarrier(app)
  const connections = new Map<number, PagePort>()

  ipcMain.on(PORT_CHANNEL, (event) => {
    const { sender, senderFrame: frame } = event
    const { id } = sender
    // Only to our page itself: not to a frame in it, nor to a frame that has gone meanwhile.
    if (frame === null || frame.parent !== null || !isPartOfPage(frame.url, options.page)) {
      options.log.warn({ url: frame?.url }, 'refused a connection to a page that is not ours')
      return
    }
    const known = connections.get(id)
    // By then the page's object no longer tells its number.
    if (known === undefined) sender.once('destroyed', () => disconnect(id))
    else known.close()
    const { port1, port2 } = new MessageChannelMain()
    const connection = pagePort(port1)
    connections.set(id, connection)
    serve(connection.port)
    connection.start()
    frame.postMessage(PORT_CHANNEL, null, [port2])
    options.onConnected(sender)
  })

  function disconnect(id: number): void {
    connections.get(id)?.close()
    connections.delete(id)
  }
}
