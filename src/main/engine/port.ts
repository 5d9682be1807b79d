/** The engine process's end of the connection to the application that started it. */
import { PortAdapter } from '../rpc/port-adapter'

/** What Electron gives a utility process; typed here because the engine knows no Electron. */
interface ElectronParentPort {
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown
  postMessage(message: unknown): void
}

function isElectronParentPort(value: unknown): value is ElectronParentPort {
  return typeof value === 'object' && value !== null && 'postMessage' in value && 'on' in value
}

/**
 * The port that carries the engine contract: Electron's in a utility process, Node's IPC channel in a child
 * process. A child process ends when its parent goes, and leaves Ctrl-C in the shared terminal to its parent,
 * which stops it at a safe point. (Electron ends its utility processes itself.)
 *
 * @throws Error in a process that neither form of host has started.
 */
export function enginePort(): PortAdapter {
  const electronPort: unknown = Reflect.get(process, 'parentPort')
  if (isElectronParentPort(electronPort)) {
    const port = new PortAdapter(
      (message) => electronPort.postMessage(message),
      () => undefined
    )
    electronPort.on('message', (event) => port.receive(event.data))
    return port
  }
  if (process.send === undefined) throw new Error('The engine was not started by Linchpin.')
  const port = new PortAdapter(
    (message) => {
      // Without a callback a failed send is an error event; the parent has gone then, and 'disconnect' follows.
      process.send?.(message, undefined, undefined, () => undefined)
    },
    () => undefined
  )
  process.on('message', (message) => port.receive(message))
  process.on('disconnect', () => {
    port.close()
    process.exit(0)
  })
  process.on('SIGINT', () => undefined)
  return port
}
