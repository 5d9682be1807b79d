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
  time: os.time.handler(({ input }) => ({ imagesPerSecond: input.execution.batch * 2 })),
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
  measure: os.measure.handler(async function* ({ input }) {
    for (const { layer, trial } of input.units) yield { type: 'progress', images: 1, layer, trial } as const
    if (input.model.path === 'hang') await forEver()
  })
})

// The application may ask before the engine has got so far: the channel keeps what it is asked.
await new Promise((resolve) => setImmediate(resolve))
new RPCHandler(router).upgrade(enginePort(), { context: {} })
