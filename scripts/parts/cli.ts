/** Runs the built command line in this process. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BuildError, buildIfStale } from './bundle.ts'
import { mergeRepeatedInterrupts } from './interrupts.ts'
import { callersFolder, projectFolder } from './project.ts'

/** Builds if stale; on failure the build's messages are on stderr and the process ends with exit code 1. */
export async function buildOrExit(): Promise<void> {
  try {
    await buildIfStale(projectFolder)
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    console.error(error.message)
    process.exit(1)
  }
}

/** In this process, so that exit codes, signals and the terminal are the program's own. */
export async function runCli(words: readonly string[]): Promise<void> {
  mergeRepeatedInterrupts()
  process.chdir(callersFolder())
  const cli = join(projectFolder, 'out', 'main', 'cli.js')
  process.argv = [process.execPath, cli, ...words]
  await import(pathToFileURL(cli).href)
}
