/** `npm run --silent linchpin -- COMMAND …`: the command line from a clone. */
import { buildOrExit, runCli } from './parts/cli.ts'

await buildOrExit()
await runCli(process.argv.slice(2))
