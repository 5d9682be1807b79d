import { implement } from '@orpc/server'
import type { Logger } from 'pino'
import { engineContract } from '@shared/contract/engine'
import { problemMiddleware } from '../rpc/problem-middleware'
import { Checker } from './check'
import { measure } from './measure'
import { predict, timeModel } from './predict'
import { probe } from './probe'

export function engineRouter(log: Logger) {
  const engine = implement(engineContract).use(problemMiddleware(log))
  const checker = new Checker()
  return engine.router({
    measure: engine.measure.handler(({ input, signal }) => measure(input, signal)),
    predict: engine.predict.handler(({ input, signal }) => predict(input, signal)),
    time: engine.time.handler(({ input, signal }) => timeModel(input, signal)),
    check: engine.check.handler(({ input, signal }) => checker.check(input, signal)),
    probe: engine.probe.handler(({ input }) => probe(input))
  })
}
