/**
 * An engine process without a network: what a unit's trial does to an image is a made-up number that depends on these
 * three alone. How it behaves is told by FAKE_ENGINE, as `FakeEngine`. Bundled and started by tests.
 */
import { appendFileSync } from 'node:fs'
import { implement } from '@orpc/server'
import { RPCHandler } from '@orpc/server/message-port'
import pino from 'pino'
import { engineContract, type EngineEvent, type MeasureRequest, type Task } from '@shared/contract/engine'
import { LinchpinError } from '@shared/errors'
import { enginePort } from '../../src/main/engine/port'
import { trialImages } from '../../src/main/perturbations'
import { problemMiddleware } from '../../src/main/rpc/problem-middleware'
import { madeUp } from './made-up'
import { metrics } from './study-metrics'

export interface FakeEngine {
  /** A line of JSON for each call: its name and its input. */
  readonly log: string
  /** Images of a piece. */
  readonly piece?: number
  /** Ends itself when it is asked for a larger batch. */
  readonly dieAbove?: number
  /** Says that its memory is full when it is asked for a larger batch. */
  readonly fullAbove?: number
  /** Ends itself after so many pieces. */
  readonly dieAfter?: number
  /** Ends itself at a trial of this unit. */
  readonly dieAt?: string
  /** Trials of this unit have no result. */
  readonly failAt?: string
  /** Ends itself while it calibrates. */
  readonly dieCalibrating?: boolean
  /** Does not end by itself: `measure` stops after so many pieces and waits. */
  readonly waitAfter?: number
}

const fake = JSON.parse(process.env['FAKE_ENGINE'] ?? '{}') as FakeEngine

const record = (call: string, input: unknown): void =>
  appendFileSync(fake.log, `${JSON.stringify({ call, input })}\n`)

const base64 = ({ buffer, byteLength }: Float32Array | Uint32Array | Uint8Array): string =>
  Buffer.from(buffer, 0, byteLength).toString('base64')

/** What was sent has left the process by the next turn. */
async function die(): Promise<never> {
  await new Promise((resolve) => setImmediate(resolve))
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined)
}

let pieces = 0

async function* measure(request: MeasureRequest): AsyncGenerator<EngineEvent, void, void> {
  record('measure', { ...request, labels: null })
  const { batch } = request.execution
  if (fake.dieAbove !== undefined && batch > fake.dieAbove) await die()
  if (fake.fullAbove !== undefined && batch > fake.fullAbove)
    throw new LinchpinError('GRAPH_UNSUPPORTED', 'BFCArena: Failed to allocate memory for 4711 bytes.')
  if (request.execution.precision === 'float16') {
    const error = { images: 8, cosineDistance: 1.25e-5, logitDifference: 0.0034, saturated: 0, flushed: 7 }
    yield { type: 'precision', error }
  }
  const own = request.sampling === 'fresh' ? trialImages(request.seed, request.images.count) : null
  for (const task of request.tasks) {
    if (task.unit === fake.failAt) {
      const problem = { code: 'OUTPUT_NOT_FINITE' as const, message: 'It is not finite.' }
      yield { type: 'failed', unit: task.unit, trial: task.trial, problem }
      continue
    }
    yield* trial(task, own)
  }
}

async function* trial(
  { unit, trial: t, from: start, to: end }: Task,
  own: ReturnType<typeof trialImages> | null
): AsyncGenerator<EngineEvent, void, void> {
  for (let from = start; from < end;) {
    const to = Math.min(end, from + (fake.piece ?? Infinity))
    const images =
      own?.of(t, to).subarray(from, to) ?? Uint32Array.from({ length: to - from }, (_, i) => from + i)
    yield { type: 'progress', images: to - from, work: to - from, unit, trial: t }
    if (unit === fake.dieAt || pieces === fake.dieAfter) await die()
    if (pieces === fake.waitAfter) await new Promise(() => undefined)
    pieces++
    yield {
      type: 'original',
      images: base64(images.slice()),
      ranks: base64(new Uint8Array(images.length)),
      losses: base64(new Float32Array(images.length))
    }
    const distances = Float32Array.from(images, (image) => madeUp(unit, t, image))
    const mean = distances.reduce((sum, value) => sum + value, 0) / distances.length
    yield {
      type: 'piece',
      unit,
      trial: t,
      from,
      to,
      metrics: metrics(mean),
      distances: base64(distances),
      seconds: 0.001
    }
    from = to
  }
}

const os = implement(engineContract).use(problemMiddleware(pino({ enabled: false })))
const never = (): Promise<never> => new Promise(() => undefined)

const router = os.router({
  measure: os.measure.handler(({ input }) => measure(input)),
  predict: os.predict.handler(never),
  check: os.check.handler(never),
  probe: os.probe.handler(never),
  time: os.time.handler(({ input }) => {
    record('time', input)
    return {
      secondsPerPass: 0.01,
      downstreamFactor: 2,
      secondsPerUnit: 0.5,
      secondsPerParameter: 1e-6,
      secondsPerComparison: 0.001,
      shard: 50
    }
  }),
  calibrate: os.calibrate.handler(async ({ input }) => {
    record('calibrate', input)
    if (fake.dieCalibrating === true) await die()
    return { threads: 1, batch: 8, imagesPerSecond: 100 }
  })
})

// The application may ask before the engine has got so far: the channel keeps what it is asked.
await new Promise((resolve) => setImmediate(resolve))
new RPCHandler(router).upgrade(enginePort(), { context: {} })
