/** Entry of the engine process. */
import { RPCHandler } from '@orpc/server/message-port'
import { pino } from 'pino'
import { enginePort } from './port'
import { engineRouter } from './router'

const log = pino({ base: { process: 'engine' } }, pino.destination(2))
new RPCHandler(engineRouter(log)).upgrade(enginePort(), { context: {} })
