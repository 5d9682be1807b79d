import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MessageChannel } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import { AsyncIteratorClass, createRouterClient, implement } from '@orpc/server'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { portCarrier, socketCarrier } from '../../../src/main/hosts/carriers'
import type { ServedApplication } from '../../../src/main/hosts/served'
import { problemMiddleware } from '../../../src/main/rpc/problem-middleware'
import { contract, type LinchpinClient } from '../../../src/shared/contract'
import { LinchpinError, toProblem } from '../../../src/shared/errors'
import { recordingLog, servedApplication } from './served-fixture'

interface Connection {
  readonly client: LinchpinClient
  /** Ends the connection from one side. */
  readonly closeByServer: () => void
  readonly closeByClient: () => void
}

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

function overPort(app: ServedApplication): Promise<Connection> {
  const { port1, port2 } = new MessageChannel()
  portCarrier(app)(port1)
  const client: LinchpinClient = createORPCClient(new PortLink({ port: port2 }))
  cleanups.push(() => port2.close())
  return Promise.resolve({ client, closeByServer: () => port1.close(), closeByClient: () => port2.close() })
}

async function overSocket(app: ServedApplication): Promise<Connection> {
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  const serve = socketCarrier(app)
  sockets.on('connection', serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const websocket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const client: LinchpinClient = createORPCClient(new SocketLink({ websocket }))
  const closeByServer = (): void => sockets.clients.forEach((socket) => socket.terminate())
  cleanups.push(() => {
    closeByServer()
    server.close()
  })
  return { client, closeByServer, closeByClient: () => websocket.close() }
}

function direct(app: ServedApplication): Promise<{ client: LinchpinClient }> {
  return Promise.resolve({ client: createRouterClient(app.router) })
}

async function problemOf(call: Promise<unknown>): Promise<ReturnType<typeof toProblem>> {
  return call.then(
    () => {
      throw new Error('the call should have failed')
    },
    (error: unknown) => toProblem(error)
  )
}

describe.each([
  { carrier: 'no carrier', connect: direct },
  { carrier: 'a message port', connect: overPort },
  { carrier: 'a WebSocket', connect: overSocket }
])('errors over $carrier', ({ connect }) => {
  test('a call answers', async () => {
    const { client } = await connect(servedApplication(recordingLog().log).app)
    await expect(client.application.chooseFiles({ purpose: 'study' })).resolves.toEqual(['study'])
  })

  test('an error arrives with code, message, fix and details', async () => {
    const { client } = await connect(servedApplication(recordingLog().log).app)
    expect(await problemOf(client.studies.create({ name: 'A' }))).toEqual(
      toProblem(
        new LinchpinError('STUDY_EXISTS', 'It is "A".', {
          fix: 'Choose another name.',
          details: ['first line', 'second line']
        })
      )
    )
  })

  test('an input outside the contract is named, and its value quoted', async () => {
    const { client } = await connect(servedApplication(recordingLog().log).app)
    const spec = { trials: 0, kinds: [], seed: 'x' as unknown as number }
    const problem = await problemOf(client.measurement.plan({ study: 's', spec }))
    expect(problem.code).toBe('OPTION_INVALID')
    expect(problem.message).toContain('spec.trials is 0: ')
    expect(problem.message).toContain('spec.seed is "x": ')
    expect(problem.details).toHaveLength(3)
  })

  test('an unforeseen error is a bug: its stack goes to the log alone', async () => {
    const { log, lines } = recordingLog()
    const { client } = await connect(servedApplication(log).app)
    const problem = await problemOf(client.studies.recent())
    expect(problem.code).toBe('BUG')
    expect(problem.message).toContain('cannot read the moon')
    expect(JSON.stringify(problem)).not.toContain('served-fixture')
    expect(lines.join()).toContain('served-fixture')
    expect(lines.join()).toContain('studies.recent')
  })

  test('an output outside the contract is a bug, and the log says where', async () => {
    const { log, lines } = recordingLog()
    const { client } = await connect(servedApplication(log).app)
    expect((await problemOf(client.studies.openSample())).code).toBe('BUG')
    expect(lines.join()).toContain('"issues":["id: ')
  })

  test('an event stream ends, or fails with its error', async () => {
    const { client } = await connect(servedApplication(recordingLog().log).app)
    const short = await client.studies.watch({ study: 'short' })
    const event = { type: 'preparing', done: 1, total: 2, ended: false }
    expect(await short.next()).toEqual({ done: false, value: event })
    expect((await short.next()).done).toBe(true)

    const broken = await client.studies.watch({ study: 'broken' })
    expect((await broken.next()).done).toBe(false)
    expect(await problemOf(broken.next())).toEqual(
      toProblem(new LinchpinError('DISK_FULL', 'No room.', { fix: 'Make room.' }))
    )
  })

  test('a caller that gives up stops its call', async () => {
    const { log, lines } = recordingLog()
    const { app, witness } = servedApplication(log)
    const { client } = await connect(app)
    const controller = new AbortController()
    const call = client.studies.open({ path: 'p' }, { signal: controller.signal })
    await witness.started
    controller.abort()
    await expect(call).rejects.toThrow()
    await witness.aborted
    expect(lines).toEqual([])
  })
})

describe.each([
  { carrier: 'a message port', connect: overPort },
  { carrier: 'a WebSocket', connect: overSocket }
])('$carrier that closes', ({ connect }) => {
  test.each(['closeByServer', 'closeByClient'] as const)(
    'rejects pending calls and streams, and aborts their handlers: %s',
    async (close) => {
      const { log, lines } = recordingLog()
      const { app, witness } = servedApplication(log)
      const connection = await connect(app)
      const call = connection.client.studies.open({ path: 'p' })
      const stream = await connection.client.studies.watch({ study: 's' })
      await stream.next()
      const next = stream.next()
      await Promise.all([witness.started, witness.streamStarted])
      connection[close]()
      await expect(call).rejects.toMatchObject({ name: 'AbortError' })
      await expect(next).rejects.toMatchObject({ name: 'AbortError' })
      await Promise.all([witness.aborted, witness.streamEnded])
      expect(lines).toEqual([])
    }
  )
})

test('an event stream that looks at no signal is returned when its caller goes', async () => {
  const returned = Promise.withResolvers<undefined>()
  const watch = implement(contract)
    .use(problemMiddleware(recordingLog().log))
    .studies.watch.handler(
      () =>
        new AsyncIteratorClass<never>(
          () => new Promise(() => undefined),
          async () => {
            returned.resolve(undefined)
          }
        )
    )
  const client = createRouterClient({ watch })
  const controller = new AbortController()
  const stream = await client.watch({ study: 's' }, { signal: controller.signal })
  stream.next().catch(() => undefined)
  controller.abort()
  await returned.promise
})
