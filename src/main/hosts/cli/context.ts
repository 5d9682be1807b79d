import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { pino, type Logger } from 'pino'
import type { LinchpinClient } from '@shared/contract'
import { toProblem, type Problem } from '@shared/errors'
import { Application } from '../../application'
import { fileError } from '../../files/errors'
import { launchEngineProcess } from '../engine-process'
import { printProblem } from './output'

/** Places that depend on where the program is installed and who runs it. */
export interface Places {
  readonly dataFolder: string
  readonly resources: string
  readonly renderer: string
  readonly engineEntry: string
}

export interface Session {
  readonly client: LinchpinClient
  readonly application: Application
  readonly log: Logger
}

/** Exit codes: 0 done, 1 the work failed, 2 wrong usage, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 130

/** Takes the exit code of a command's work. */
export type Finish = (work: Promise<ExitCode>) => Promise<void>

/** What commands get: an application for as long as they run. */
export class Context {
  readonly places: Places

  constructor(places: Places) {
    this.places = places
  }

  async withApplication(
    kind: 'cli' | 'web',
    work: (session: Session) => Promise<ExitCode>
  ): Promise<ExitCode> {
    const { dataFolder, resources, engineEntry } = this.places
    let application: Application | null = null
    try {
      const log = openLog(join(dataFolder, 'linchpin.log'))
      application = new Application({
        host: {
          kind,
          launchEngine: (settings) => launchEngineProcess({ entry: engineEntry, log, ...settings })
        },
        dataFolder,
        resources,
        log
      })
      return await work({ client: createRouterClient(application.router), application, log })
    } catch (error) {
      const problem = toProblem(error)
      printProblem(problem)
      return exitCodeOf(problem)
    } finally {
      await application?.close()
    }
  }
}

/** @throws FILE_UNWRITABLE, DISK_FULL. */
function openLog(path: string): Logger {
  try {
    return pino({ base: { pid: process.pid } }, pino.destination({ dest: path, mkdir: true, sync: true }))
  } catch (error) {
    throw fileError(error, path, 'write')
  }
}

function exitCodeOf({ code }: Problem): ExitCode {
  if (code === 'CANCELLED') return 130
  return code === 'OPTION_INVALID' ? 2 : 1
}
