import { PortAdapter } from '../../rpc/port-adapter'

/** What is used of Electron's MessagePortMain. */
export interface MainPort {
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown
  on(event: 'close', listener: () => void): unknown
  postMessage(message: unknown): void
  start(): void
  close(): void
}

export interface PagePort {
  /** The application's end, for a carrier to serve. */
  readonly port: PortAdapter
  /** Begins to deliver messages, once the port is served. */
  start(): void
  /** Ends the connection: also when Electron says nothing of a close that came from this side. */
  close(): void
}

/** The main process's end of a window's connection. */
export function pagePort(main: MainPort): PagePort {
  const port = new PortAdapter(
    (message) => main.postMessage(message),
    () => undefined
  )
  main.on('message', (event) => port.receive(event.data))
  main.on('close', () => port.close())
  return {
    port,
    start: () => main.start(),
    close: () => {
      port.close()
      main.close()
    }
  }
}
