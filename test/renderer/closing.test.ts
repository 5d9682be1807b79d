import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { describe, expect, it } from 'vitest'
import type { LinchpinClient } from '@shared/contract'
import { Closing } from '../../src/renderer/client/closing'
import { Task } from '../../src/renderer/state/task'

/** A client whose other side never answers. */
function silent() {
  const { port1: port, port2: other } = new MessageChannel()
  const closing = new Closing()
  port.addEventListener('close', () => closing.close())
  const client: LinchpinClient = createORPCClient(new RPCLink({ port, interceptors: [closing.guard] }))
  port.start()
  return { client, closing, other }
}

describe('a closed connection', () => {
  it('rejects what is pending and what comes later with CONNECTION_CLOSED', async () => {
    const { client, closing, other } = silent()
    const pending = client.studies.recent()
    const stream = client.studies.watch({ study: 'x' })
    const settled = Promise.allSettled([pending, stream])
    other.close()
    await closing.closed
    const [first, second] = await settled
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'CONNECTION_CLOSED' } })
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'CONNECTION_CLOSED' } })
    await expect(client.studies.recent()).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
  })

  it('ends a task with the problem', async () => {
    const { client, other } = silent()
    const task = new Task()
    const work = task.run(() => client.application.info())
    expect(task.running.value).toBe(true)
    other.close()
    expect(await work).toBeUndefined()
    expect(task.running.value).toBe(false)
    expect(task.problem.value?.code).toBe('CONNECTION_CLOSED')
  })
})
