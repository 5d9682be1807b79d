import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { LinchpinClient } from '@shared/contract'
import { LinchpinError } from '@shared/errors'
import { Closing } from './closing'
import type { Connection } from './connection'
import { newGroup } from './group'
import { upload } from './upload'

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true })
    socket.addEventListener(
      'close',
      () =>
        reject(
          new LinchpinError('CONNECTION_CLOSED', 'The host did not accept it.', {
            fix: 'Open the address that Linchpin printed when it started, with its token.'
          })
        ),
      { once: true }
    )
  })
}

/** The session's cookie, set by the printed address, authenticates both the socket and the uploads. */
export async function connectBrowser(location: Location): Promise<Connection> {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  const websocket = new WebSocket(`${scheme}://${location.host}/rpc`)
  const closing = new Closing()
  websocket.addEventListener('close', () => closing.close())
  const client: LinchpinClient = createORPCClient(new RPCLink({ websocket, interceptors: [closing.guard] }))
  await opened(websocket)

  const folders = new Map<string, string>()
  return {
    client,
    kind: 'browser',
    closed: closing.closed,
    groupFolder: (group) => folders.get(group) ?? null,
    filePath: async (file, onProgress, place = { group: newGroup(), path: file.name }, signal) => {
      const uploaded = await upload(file, place, onProgress, signal)
      folders.set(place.group, uploaded.root)
      return uploaded.path
    }
  }
}
