import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { LinchpinClient } from '@shared/contract'
import { LinchpinError } from '@shared/errors'
import { PORT_MESSAGE, type LinchpinBridge } from '../../preload/api'
import { Closing } from './closing'
import type { Connection } from './connection'

declare global {
  interface Window {
    readonly linchpin?: LinchpinBridge
  }
}

function receivePort(bridge: LinchpinBridge): Promise<MessagePort> {
  return new Promise((resolve) => {
    const listen = (event: MessageEvent<unknown>): void => {
      const port = event.ports[0]
      if (event.source !== window || event.data !== PORT_MESSAGE || port === undefined) return
      window.removeEventListener('message', listen)
      resolve(port)
    }
    window.addEventListener('message', listen)
    bridge.requestPort()
  })
}

export async function connectDesktop(bridge: LinchpinBridge): Promise<Connection> {
  const port = await receivePort(bridge)
  const closing = new Closing()
  port.addEventListener('close', () => closing.close())
  const client: LinchpinClient = createORPCClient(new RPCLink({ port, interceptors: [closing.guard] }))
  port.start()
  return {
    client,
    kind: 'desktop',
    closed: closing.closed,
    groupFolder: () => null,
    filePath: (file) => {
      const path = bridge.pathForFile(file)
      if (path !== '') return Promise.resolve(path)
      return Promise.reject(
        new LinchpinError('FILE_NOT_FOUND', `“${file.name}” has no path on this machine.`, {
          fix: 'Save it to a folder, then drop it from there.'
        })
      )
    }
  }
}
