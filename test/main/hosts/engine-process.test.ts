import { fork } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { EngineProcess } from '../../../src/main/application/ports'
import {
  engineClientPort,
  engineEnvironment,
  launchEngineProcess
} from '../../../src/main/hosts/engine-process'
import type { EngineClient } from '../../../src/shared/contract/engine'
import { toProblem } from '../../../src/shared/errors'
import { bundleEngineFixture, type EngineFixture } from './engine-bundle'
import { recordingLog } from './served-fixture'

let bundle: EngineFixture

beforeAll(async () => {
  bundle = await bundleEngineFixture()
})
afterAll(() => bundle.remove())

function launch(options: { killGrace?: number } = {}): {
  engine: EngineProcess
  client: EngineClient
  log: ReturnType<typeof recordingLog>
} {
  const log = recordingLog()
  const engine = launchEngineProcess({ entry: bundle.entry, log: log.log, ...options })
  onTestFinished(async () => {
    engine.kill()
    await engine.exited
  })
  return { engine, client: createORPCClient(new RPCLink({ port: engine.port })), log }
}

function request(path: string) {
  return {
    model: { path, options: {}, normalization: null },
    images: { path: 'i', offset: 0, dtype: 'uint8' as const, height: 1, width: 1, count: 1 },
    execution: { batch: 21 }
  }
}

function measured(path: string) {
  return {
    ...request(path),
    perturbation: { kind: 'zero' as const },
    seed: 0,
    unit: 'layer' as const,
    kinds: null,
    path: 'downstream' as const
  }
}

const timing = (path: string) => ({ ...measured(path), units: ['conv'] })

function measurement(path: string, tasks: number) {
  return {
    ...measured(path),
    labels: null,
    sampling: 'same' as const,
    tasks: Array.from({ length: tasks }, (_, trial) => ({ unit: 'conv', trial, from: 0, to: 1 }))
  }
}

test('a call is answered, also one that is made before the process runs', async () => {
  const { client } = launch()
  await expect(client.time(timing('m'))).resolves.toMatchObject({ secondsPerPass: 42 })
})

test("the engine's errors arrive whole", async () => {
  const { client } = launch()
  const error: unknown = await client.predict({ ...request('refuse'), output: 'o' }).catch((e: unknown) => e)
  expect(toProblem(error)).toMatchObject({ code: 'DEVICE_UNAVAILABLE', fix: 'Use the CPU.' })
})

test('every event of a stream arrives, in order', async () => {
  const { client } = launch()
  const trials: (number | null)[] = []
  for await (const event of await client.measure(measurement('m', 5000))) {
    if (event.type === 'progress') trials.push(event.trial)
  }
  expect(trials).toEqual(Array.from({ length: 5000 }, (_, trial) => trial))
})

test('a killed engine rejects what it was asked, and reports the signal', async () => {
  const { client, engine } = launch()
  const stream = await client.measure(measurement('hang', 1))
  await stream.next()
  const next = stream.next()
  const call = client.predict({ ...request('hang'), output: 'o' })
  engine.kill()
  await expect(next).rejects.toMatchObject({ name: 'AbortError' })
  await expect(call).rejects.toMatchObject({ name: 'AbortError' })
  await expect(engine.exited).resolves.toEqual({ code: null, signal: 'SIGTERM' })
})

test('an engine that ends by itself reports its code, and its last words are in the log', async () => {
  const { client, engine, log } = launch()
  await expect(client.predict({ ...request('exit'), output: 'o' })).rejects.toMatchObject({
    name: 'AbortError'
  })
  await expect(engine.exited).resolves.toEqual({ code: 3, signal: null })
  await log.line('the engine says why')
})

test('a native crash reports its signal', async () => {
  const { client, engine } = launch()
  await expect(client.predict({ ...request('crash'), output: 'o' })).rejects.toThrow()
  await expect(engine.exited).resolves.toEqual({ code: null, signal: 'SIGSEGV' })
})

test('an engine that is no use any more refuses the next call at once', async () => {
  const { client, engine } = launch()
  engine.kill()
  await engine.exited
  const error: unknown = await client.time(timing('m')).catch((e: unknown) => e)
  expect(toProblem(error).code).toBe('ENGINE_DIED')
})

test('an engine that does not end when asked is ended by force', async () => {
  const { client, engine, log } = launch({ killGrace: 1 })
  const call = client.predict({ ...request('stubborn'), output: 'o' })
  const refused = expect(call).rejects.toThrow()
  await log.line('engine will not end')
  engine.kill()
  await expect(engine.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' })
  await refused
})

test('an engine that cannot be started ends with a code and says why in the log', async () => {
  const log = recordingLog()
  const engine = launchEngineProcess({ entry: join(dirname(bundle.entry), 'missing.mjs'), log: log.log })
  await expect(engine.exited).resolves.toEqual({ code: 1, signal: null })
  await log.line('MODULE_NOT_FOUND')
})

test('an engine computes in TF32 only where that is asked for', () => {
  const off = { NVIDIA_TF32_OVERRIDE: '0' }
  expect(engineEnvironment(false, { A: 'b' })).toMatchObject({ A: 'b', ...off })
  expect(engineEnvironment(false, { NVIDIA_TF32_OVERRIDE: '1' })).toMatchObject(off)
  const on = engineEnvironment(true, { A: 'b', NVIDIA_TF32_OVERRIDE: '0' })
  expect(on).toMatchObject({ A: 'b' })
  expect(on).not.toHaveProperty('NVIDIA_TF32_OVERRIDE')
})

test('an engine gives memory back, unless the user says how', () => {
  expect(engineEnvironment(false, {})).toHaveProperty('MALLOC_MMAP_THRESHOLD_')
  const own = { MALLOC_MMAP_THRESHOLD_: '1' }
  expect(engineEnvironment(false, own)).toMatchObject(own)
})

test('an engine ends when its parent goes, and leaves Ctrl-C to it', async () => {
  const child = fork(bundle.entry, [], { serialization: 'advanced', execArgv: [], stdio: 'ignore' })
  const port = engineClientPort((message) => child.send(message as string))
  child.on('message', (message) => port.receive(message))
  const client: EngineClient = createORPCClient(new RPCLink({ port }))
  await client.time(timing('m'))
  child.kill('SIGINT')
  await client.time(timing('m'))
  const exit = once(child, 'exit')
  child.disconnect()
  await expect(exit).resolves.toEqual([0, null])
})
