import { fileURLToPath } from 'node:url'

/** The project's folder, with a trailing separator. */
export const projectFolder = fileURLToPath(new URL('../..', import.meta.url))

/** What `npm run` was called from; npm itself changes to the project's folder. */
export const callersFolder = (): string => process.env.INIT_CWD ?? process.cwd()

/** npm exits with the code of its script, so 128 + signal number is what a shell would say. */
const signalCodes: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGKILL: 137, SIGTERM: 143 }

export const exitCodeOf = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? (signal === null ? 1 : (signalCodes[signal] ?? 1))
