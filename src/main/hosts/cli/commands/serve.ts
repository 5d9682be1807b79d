import type { Command } from 'commander'
import type { Context, ExitCode, Session } from '../context'
import { integer } from '../options'
import { note, print } from '../output'
import type { Finish } from '../context'
import { ProgressReporter } from '../progress'
import { openBrowser } from '../../web/browser'
import { startWebHost } from '../../web/server'

interface Options {
  readonly host: string
  readonly port: number
  readonly open: boolean
}

export function serveCommand(program: Command, context: Context, finish: Finish): void {
  program
    .command('serve')
    .description('the workstation in a browser')
    .argument(
      '[study]',
      'a study to open; on the very first start without one, the sample is opened and measured'
    )
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--port <n>', 'the port; 0: any free one', integer(0), 0)
    .option('--no-open', 'open no browser')
    .action((study: string | undefined, options: Options) =>
      finish(
        context.withApplication('web', (session) => serve(session, context.places.renderer, study, options))
      )
    )
}

async function serve(
  { application, client, log }: Session,
  rendererFolder: string,
  path: string | undefined,
  { host, port, open }: Options
): Promise<ExitCode> {
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  const begun = await application.begin(path)
  const web = await startWebHost(application, {
    host,
    port,
    rendererFolder,
    log,
    onNewAddress: (address) => note(`For another browser: ${address}`)
  })
  print(`Linchpin is at ${web.address}`)
  note('The address works once; the browser that opens it stays signed in. Ctrl-C ends Linchpin.')
  const watching = new AbortController()
  if (begun !== null) {
    if (begun.run !== null)
      note(`Measuring "${begun.study.name}" (${begun.study.path}). Open the address to watch.`)
    report(client, begun.study.id, watching.signal).catch((error: unknown) =>
      log.warn({ err: error }, 'the terminal no longer follows the study')
    )
  }
  if (open) await openBrowser(web.address)
  await stopped
  watching.abort()
  await web.close()
  return 130
}

/** Progress of the study that the workstation began with, in the terminal. */
async function report(client: Session['client'], study: string, signal: AbortSignal): Promise<void> {
  const reporter = new ProgressReporter()
  try {
    for await (const event of await client.studies.watch({ study }, { signal })) {
      reporter.event(event)
      if (event.type === 'run' && event.run.state === 'done')
        note('Measured. The results are in the workstation.')
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
