/** An engine without ONNX Runtime: a model's path says how a call to it goes. Bundled and started by its test. */
import { implement } from '@orpc/server'
import { RPCHandler } from '@orpc/server/message-port'
import pino from 'pino'
import { enginePort } from '../../../src/main/engine/port'
import { problemMiddleware } from '../../../src/main/rpc/problem-middleware'
import { engineContract } from '../../../src/shared/contract/engine'
import { LinchpinError } from '../../../src/shared/errors'

const os = implement(engineContract).use(problemMiddleware(pino({ enabled: false })))

const forEver = (): Promise<never> => new Promise(() => undefined)

const router = os.router({
  time: os.time.handler(({ input }) => ({
    secondsPerPass: input.execution.batch * 2,
    downstreamFactor: 1,
    secondsPerUnit: 0,
    secondsPerParameter: 0,
    secondsPerComparison: 0,
    shard: 1
  })),
  calibrate: os.calibrate.handler(({ input }) => ({
    threads: input.threads[0] ?? 1,
    batch: input.batches[0] ?? 1,
    imagesPerSecond: 1
  })),
  predict: os.predict.handler(({ input }) => {
    switch (input.model.path) {
      case 'exit':
        console.error('the engine says why')
        return process.exit(3)
      case 'crash':
        process.kill(process.pid, 'SIGSEGV')
        return forEver()
      case 'stubborn':
        process.on('SIGTERM', () => undefined)
        console.log('engine will not end')
        return forEver()
      case 'refuse':
        throw new LinchpinError('DEVICE_UNAVAILABLE', 'No adapter.', { fix: 'Use the CPU.' })
      default:
        return forEver()
    }
  }),
  check: os.check.handler(forEver),
  probe: os.probe.handler(({ input }) => {
    const versions = { common: '1', node: '1' }
    // "webgpu=crash cuda=hang dml=0.5": what becomes of a provider, or the difference that it has.
    const fates = new Map(
      (process.env['FATES'] ?? '').split(' ').map((fate) => fate.split('=') as [string, string])
    )
    const fate = fates.get(input.provider) ?? '0'
    switch (fate) {
      case 'hang':
        process.on('SIGTERM', () => undefined)
        return forEver()
      case 'crash':
        process.kill(process.pid, 'SIGSEGV')
        return forEver()
      case 'refuse':
        return { ok: false as const, reason: 'no adapter', fix: 'Add one.', versions }
      default:
        return {
          ok: true as const,
          difference: Number(fate),
          imagesPerSecond: input.provider === 'cpu' ? 100 : 250,
          outputsStay: false,
          float16: input.provider === 'cpu',
          versions
        }
    }
  }),
  measure: os.measure.handler(async function* ({ input }) {
    for (const { unit, trial } of input.tasks)
      yield { type: 'progress', images: 1, work: 1, unit, trial } as const
    if (input.model.path === 'hang') await forEver()
  })
})

// The application may ask before the engine has got so far: the channel keeps what it is asked.
await new Promise((resolve) => setImmediate(resolve))
new RPCHandler(router).upgrade(enginePort(), { context: {} })
