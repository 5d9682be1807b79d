/** The engine on WebGPU, through Chromium's software driver: slow, so few images and layers. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Provider } from '@shared/contract/devices'
import type { EngineClient, EngineEvent } from '@shared/contract/engine'
import { launchEngineProcess } from '../../../src/main/hosts/engine-process'
import { temporaryFolder } from '../../support/folder'
import { largestDifference } from '../../support/forward'
import { golden, goldenImages, goldenRequest, labels } from '../../support/golden'
import { tasksFor } from '../../support/measure'
import { readNpy } from '../../support/npy'
import { softwareGpu, withoutGpu } from '../../support/software-gpu'

const IMAGES = 4
const CLASSES = 10

/** The built engine, in a process of its own. */
function engine(env: NodeJS.ProcessEnv): EngineClient {
  const entry = fileURLToPath(new URL('../../../out/main/engine.js', import.meta.url))
  const child = launchEngineProcess({ entry, log: pino({ level: 'silent' }), env })
  onTestFinished(async () => {
    child.kill()
    await child.exited
  })
  return createORPCClient(new RPCLink({ port: child.port }))
}

function request(provider: Provider) {
  const { model } = goldenRequest({})
  const images = { ...goldenImages(), count: IMAGES }
  return { model, images, execution: { batch: IMAGES, threads: 1, provider } }
}

type Piece = Extract<EngineEvent, { type: 'piece' }>

async function measured(
  client: EngineClient,
  provider: Provider,
  layers: readonly string[]
): Promise<Piece[]> {
  const pieces: Piece[] = []
  const events = await client.measure({
    ...goldenRequest({ tasks: tasksFor(layers, [0], IMAGES) }),
    ...request(provider),
    labels: labels.slice(0, IMAGES)
  })
  for await (const event of events) if (event.type === 'piece') pieces.push(event)
  return pieces
}

const env = softwareGpu()
if (typeof env === 'string') console.warn(`WebGPU is not tested: ${env}`)

describe.skipIf(typeof env === 'string')('on a software adapter', { timeout: 400_000 }, () => {
  const gpu = env as NodeJS.ProcessEnv

  it('the golden model gives PyTorch’s logits', async () => {
    const output = join(temporaryFolder(), 'logits.npy')
    await engine(gpu).predict({ ...request('webgpu'), output })
    const reference = readNpy(golden('original_logits.npy')).data as Float32Array
    const logits = readNpy(output).data as Float32Array
    expect(largestDifference(logits, reference.slice(0, IMAGES * CLASSES))).toBeLessThan(1e-3)
  })

  it('layers have the criticality that they have on the processor', async () => {
    const client = engine(gpu)
    const layers = ['layer2.0.conv2', 'fc']
    const here = await measured(client, 'cpu', layers)
    const there = await measured(client, 'webgpu', layers)
    expect(there.map(({ unit }) => unit)).toEqual(layers)
    there.forEach(({ unit, metrics }, i) => {
      const reference = here[i]!.metrics
      for (const name of ['criticality', 'l1', 'l2', 'agreement', 'kl', 'js', 'loss'] as const) {
        expect(Math.abs(metrics[name]! - reference[name]!), `${unit} ${name}`).toBeLessThan(1e-3)
      }
    })
  })

  it('a trial of the device finds that it works, and that outputs can stay on it', async () => {
    const result = await engine(gpu).probe({ provider: 'webgpu' })
    if (!result.ok) throw new Error(result.reason)
    expect(result.difference).toBeLessThan(1e-3)
    expect(result.imagesPerSecond).toBeGreaterThan(0)
    expect(result.outputsStay).toBe(true)
  })
})

it.skipIf(process.platform !== 'linux')('without an adapter a trial says so in words', async () => {
  const result = await engine(withoutGpu()).probe({ provider: 'webgpu' })
  expect(result).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/^no graphics adapter \("/) as string
  })
})

it('the processor works', async () => {
  const result = await engine(process.env).probe({ provider: 'cpu' })
  expect(result).toMatchObject({ ok: true, difference: 0, outputsStay: false, float16: true })
})

it('a provider that the runtime was not built with is named as such', async () => {
  const foreign = process.platform === 'darwin' ? 'dml' : 'coreml'
  const result = await engine(process.env).probe({ provider: foreign })
  expect(result).toMatchObject({
    ok: false,
    reason: `not built into this runtime (${process.platform}, ${process.arch})`
  })
})
