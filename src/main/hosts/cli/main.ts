/** Entry of the command line. */
import { join, resolve } from 'node:path'
import envPaths from 'env-paths'
import { Context } from './context'
import { runProgram } from './program'

const here = import.meta.dirname

const context = new Context({
  dataFolder: resolve(process.env['LINCHPIN_DATA'] ?? envPaths('linchpin', { suffix: '' }).data),
  resources: join(here, '../../resources'),
  renderer: join(here, '../renderer'),
  engineEntry: join(here, 'engine.js')
})

// A reader that has seen enough, e.g. `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await runProgram(process.argv.slice(2), context)
