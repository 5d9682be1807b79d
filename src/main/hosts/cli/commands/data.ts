import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Evaluation } from '@shared/contract/evaluation'
import type { LinchpinClient } from '@shared/contract'
import type { Context } from '../context'
import { integer } from '../options'
import { note, print, printJson } from '../output'
import type { Finish } from '../context'
import { ProgressReporter } from '../progress'

interface Options {
  readonly labels?: string
  readonly resize: number
  readonly crop: number
  readonly count: number
  readonly seed: number
  readonly stratified?: boolean
  readonly all?: boolean
  readonly export?: string
  readonly json?: boolean
}

export function dataCommand(program: Command, context: Context, finish: Finish): void {
  const command = program
    .command('data')
    .description('set the images that models are compared on, or export them as they were prepared')
    .argument('<study>', 'the study, NAME.linchpin')
    .argument('[path]', 'a folder of class folders, a flat folder of images, or a .npy file')
    .option('--labels <file>', '.npy integers, CSV file,label, or one integer a line')
    .option('--resize <pixels>', 'shorter side of image files, before the crop', integer(1), 256)
    .option('--crop <pixels>', 'side of the centre crop', integer(1), 224)
    .option('--count <n>', 'how many images, of a seeded shuffle', integer(1), 10000)
    .option('--seed <n>', 'seed of the shuffle', integer(0), 0)
    .option('--stratified', 'the same number of images from each class, as far as possible')
    .option('--all', 'every image, in file order')
    .option('--export <file.npy>', 'write the prepared images, [N, 3, H, W]')
    .option('--json', 'print one JSON value')
    .action((study: string, path: string | undefined, options: Options) => {
      if (path === undefined && options.export === undefined) {
        command.error('error: a PATH or --export is needed', { exitCode: 2 })
      }
      return finish(
        context.withApplication('cli', async ({ client }) => {
          const { id } = await client.studies.open({ path: study, create: path !== undefined })
          if (path !== undefined) {
            const evaluation = await prepare(client, id, path, options)
            if (options.json === true) printJson(evaluation)
            else describe(evaluation)
          }
          if (options.export !== undefined) {
            const { images } = await client.evaluation.export({ study: id, path: resolve(options.export) })
            if (options.json === true) {
              if (path === undefined) printJson({ file: options.export, images })
            } else print(`${options.export}: ${String(images)} images`)
          }
          return 0
        })
      )
    })
}

async function prepare(
  client: LinchpinClient,
  study: string,
  path: string,
  options: Options
): Promise<Evaluation> {
  const request = {
    path: resolve(path),
    labels: options.labels === undefined ? undefined : resolve(options.labels),
    resize: options.resize,
    crop: options.crop,
    count: options.count,
    seed: options.seed,
    stratified: options.stratified ?? false,
    all: options.all ?? false
  }
  const reporter = new ProgressReporter(process.stderr.isTTY && options.json !== true)
  const interrupted = (): void => {
    void client.evaluation.cancel({ study })
  }
  process.once('SIGINT', interrupted)
  const watching = new AbortController()
  const shown = follow(client, study, reporter, watching.signal)
  try {
    return await client.evaluation.set({ study, request })
  } finally {
    process.off('SIGINT', interrupted)
    watching.abort()
    await shown
    reporter.event({ type: 'preparing', done: 0, total: 0, ended: true })
  }
}

/** Progress, until the signal. */
async function follow(
  client: LinchpinClient,
  study: string,
  reporter: ProgressReporter,
  signal: AbortSignal
): Promise<void> {
  try {
    for await (const event of await client.studies.watch({ study }, { signal })) reporter.event(event)
  } catch {
    // It shows the work alone: what fails says so itself.
  }
}

function describe({ kind, count, available, height, width, labelled, classes, skipped }: Evaluation): void {
  const labels = labelled
    ? `labels${classes.length > 0 ? ` of ${String(classes.length)} classes` : ''}`
    : 'no labels'
  print(
    `${String(count)} of ${String(available)} images (${kind}), ${String(height)}×${String(width)}, ${labels}`
  )
  for (const { file, reason } of skipped) note(`${file}: skipped: ${reason}`)
}
