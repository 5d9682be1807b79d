import { Command, CommanderError } from 'commander'
import { VERSION } from '../../application/version'
import { dataCommand } from './commands/data'
import { devicesCommand } from './commands/devices'
import { importCommand } from './commands/import'
import { inspectCommand } from './commands/inspect'
import { measureCommand } from './commands/measure'
import { predictCommand } from './commands/predict'
import { compareCommand, resultsCommand, statsCommand } from './commands/results'
import { sampleCommand } from './commands/sample'
import { serveCommand } from './commands/serve'
import type { Context, ExitCode, Finish } from './context'

/** Parses and runs a command line. @returns the exit code. */
export async function runProgram(argv: readonly string[], context: Context): Promise<ExitCode> {
  let code: ExitCode = 0
  const finish: Finish = async (work) => {
    code = await work
  }
  const program = new Command('linchpin')
    .description('Which layers of a vision model carry its decisions')
    .version(VERSION)
    .exitOverride()
  program.configureHelp({ showGlobalOptions: true })
  for (const command of [
    inspectCommand,
    importCommand,
    dataCommand,
    predictCommand,
    measureCommand,
    resultsCommand,
    statsCommand,
    compareCommand,
    serveCommand,
    sampleCommand,
    devicesCommand
  ]) {
    command(program, context, finish)
  }
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
}
