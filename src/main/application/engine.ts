import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { EngineClient } from '@shared/contract/engine'
import { LinchpinError } from '@shared/errors'
import type { EngineExit, EngineProcess } from './ports'

/** An engine process and the client of its contract. */
export class Engine {
  readonly client: EngineClient
  private readonly engineProcess: EngineProcess
  private exit: EngineExit | null = null

  constructor(engineProcess: EngineProcess) {
    this.engineProcess = engineProcess
    this.client = createORPCClient(new RPCLink({ port: engineProcess.port }))
    void engineProcess.exited.then((exit) => {
      this.exit = exit
    })
  }

  get ended(): boolean {
    return this.exit !== null
  }

  /** What an error of a call means, when the engine has died meanwhile. @param work what it was doing. */
  async explain(error: unknown, work: string): Promise<unknown> {
    // The port closes when the process has ended; an error of a living engine is its own answer.
    const exit = this.exit ?? (await Promise.race([this.engineProcess.exited, Promise.resolve(null)]))
    if (exit === null) return error
    const how = exit.signal === null ? `exit code ${String(exit.code)}` : `signal ${exit.signal}`
    return new LinchpinError('ENGINE_DIED', `It was at ${work} (${how}).`, {
      cause: error,
      fix: 'What was measured is kept. Start again; with a smaller batch if memory ran out.'
    })
  }

  async stop(): Promise<void> {
    this.engineProcess.kill()
    await this.engineProcess.exited
  }
}
