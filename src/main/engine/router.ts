import { implement } from '@orpc/server'
import type { Logger } from 'pino'
import { engineContract } from '@shared/contract/engine'
import { problemMiddleware } from '../rpc/problem-middleware'
import { calibrate } from './calibrate'
import { Checker } from './check'
import { Measurer } from './measuring/measure'
import { timeMeasurement } from './measuring/timing'
import { predict } from './predict'
import { probe } from './probe'

export function engineRouter(log: Logger) {
  const engine = implement(engineContract).use(problemMiddleware(log))
  const checker = new Checker()
  const measurer = new Measurer()
  return engine.router({
    measure: engine.measure.handler(({ input, signal }) => measurer.measure(input, signal)),
    predict: engine.predict.handler(({ input, signal }) => predict(input, signal)),
    time: engine.time.handler(({ input }) => timeMeasurement(measurer, input)),
    calibrate: engine.calibrate.handler(({ input }) => calibrate(input)),
    check: engine.check.handler(({ input, signal }) => checker.check(input, signal)),
    probe: engine.probe.handler(({ input }) => probe(input))
  })
}
