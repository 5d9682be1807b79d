import { resolve } from 'node:path'
import { Option, type Command } from 'commander'
import type { LinchpinClient } from '@shared/contract'
import { DEVICES } from '@shared/contract/devices'
import {
  measurementSpecSchema,
  PRECISIONS,
  SCHEMES,
  type MeasurementSpec,
  type Run
} from '@shared/contract/measurement'
import { LAYER_KINDS } from '@shared/contract/model'
import type { StudyEvent } from '@shared/contract/study'
import { LinchpinError } from '@shared/errors'
import { parsePerturbation, PERTURBATION_FORMS, perturbationText } from '@shared/perturbation-text'
import type { Context, ExitCode } from '../context'
import { integer, kindList } from '../options'
import { duration, note, print, printJson, printProblem, thousands } from '../output'
import type { Finish } from '../context'
import { ProgressReporter } from '../progress'

/** What presets stand for; a flag given beside one wins. */
const PRESETS = {
  paper: { trials: 3, images: 10_000 },
  quick: { trials: 3, images: 256 }
} as const

interface Options {
  readonly models?: string[]
  readonly layers?: string[]
  readonly kinds?: string[]
  readonly perturbation: string
  readonly scheme: string
  readonly trials?: number
  readonly images?: number
  readonly seed: number
  readonly device: string
  readonly precision: string
  readonly batch?: number
  readonly threads?: number
  readonly preset?: keyof typeof PRESETS
  readonly dryRun?: boolean
  readonly json?: boolean
}

export function measureCommand(program: Command, context: Context, finish: Finish): void {
  program
    .command('measure')
    .description('measure what is not measured yet, and go on with what was interrupted')
    .argument('<study>', 'the study, NAME.linchpin')
    .option('--models <pattern...>', 'ids or names, with * and ?; all without')
    .option('--layers <pattern...>', 'names of layers, with * and ?; all without')
    .option('--kinds <list>', `of ${LAYER_KINDS.join(',')} (default: conv,linear)`, kindList)
    .addOption(new Option('--unit <unit>', 'what is perturbed at once').choices(['layer']).default('layer'))
    .option('--perturbation <name>', PERTURBATION_FORMS.join(', '), 'randomize')
    .addOption(
      new Option('--scheme <name>', 'how fresh parameters are drawn').choices(SCHEMES).default('auto')
    )
    .option('--trials <n>', 'independent draws a layer (default: 3); what draws nothing has one', integer(1))
    .option('--images <n>', 'the first N of the evaluation set (default: all)', integer(1))
    .option('--seed <n>', 'seed of the draws', integer(0), 0)
    .addOption(new Option('--device <name>', 'where to compute').choices(DEVICES).default('auto'))
    .addOption(
      new Option('--precision <name>', 'of the arithmetic; tf32 on cuda only')
        .choices(PRECISIONS)
        .default('float32')
    )
    .option('--batch <n>', 'images at a time', integer(1))
    .option('--threads <n>', 'threads of the runtime', integer(1))
    .addOption(
      new Option('--preset <name>', 'paper: 10,000 images, 3 trials; quick: 256 images, 3 trials').choices(
        Object.keys(PRESETS)
      )
    )
    .option('--full', 'full forward passes (there is no other way in this version)')
    .option('--dry-run', 'print what would be measured, and the estimated time')
    .option('--json', 'print one JSON value')
    .action((study: string, options: Options) =>
      finish(
        context.withApplication('cli', async ({ client }) => {
          const { id } = await client.studies.open({ path: study })
          const spec = specOf(options)
          return options.dryRun === true
            ? await dryRun(client, id, spec, options.json === true)
            : await measure(client, id, spec, options.json === true)
        })
      )
    )
}

function specOf(options: Options): MeasurementSpec {
  const preset = options.preset === undefined ? {} : PRESETS[options.preset]
  const parsed = measurementSpecSchema.safeParse({
    models: options.models,
    layers: options.layers,
    kinds: options.kinds,
    perturbation: perturbationText(parsePerturbation(options.perturbation), (path) => resolve(path)),
    scheme: options.scheme,
    ...preset,
    ...(options.trials === undefined ? {} : { trials: options.trials }),
    ...(options.images === undefined ? {} : { images: options.images }),
    seed: options.seed,
    device: options.device,
    precision: options.precision,
    batch: options.batch,
    threads: options.threads
  })
  if (parsed.success) return parsed.data
  const facts = parsed.error.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`)
  throw new LinchpinError('OPTION_INVALID', facts.join('; '))
}

async function dryRun(
  client: LinchpinClient,
  study: string,
  spec: MeasurementSpec,
  json: boolean
): Promise<ExitCode> {
  const plan = await client.measurement.plan({ study, spec, estimate: true })
  if (json) {
    printJson(plan)
    return 0
  }
  print(
    `${String(plan.models)} models, up to ${String(plan.layers)} layers each, ${thousands(plan.images)} images`
  )
  print(
    `${thousands(plan.units)} (layer, trial) pairs to measure, ${thousands(plan.measured)} measured already`
  )
  print(`${thousands(plan.passes)} forward passes`)
  if (plan.imagesPerSecond !== null && plan.seconds !== null) {
    print(`about ${duration(plan.seconds)} at ${thousands(plan.imagesPerSecond)} images/s`)
  }
  return 0
}

export async function measure(
  client: LinchpinClient,
  study: string,
  spec: MeasurementSpec,
  json: boolean
): Promise<ExitCode> {
  const events = await client.studies.watch({ study })
  const reporter = new ProgressReporter(process.stderr.isTTY && !json)
  const started = await client.measurement.start({ study, spec })
  const interrupted = new AbortController()
  const interrupt = (): void => {
    interrupted.abort()
    void client.measurement.cancel({ study, run: started.id })
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  let run: Run = started
  for await (const event of events) {
    if (!json) reporter.event(event)
    const seen = runIn(event, started.id)
    if (seen === undefined) continue
    run = seen
    if (run.state === 'done' || run.state === 'failed' || run.state === 'cancelled') break
  }
  process.off('SIGINT', interrupt)
  process.off('SIGTERM', interrupt)
  if (json) printJson(run)
  else report(run)
  for (const { model, layer, trial, problem } of run.failures) {
    printProblem(
      problem,
      [model, layer ?? '', trial === null ? '' : `trial ${String(trial)}`]
        .filter((part) => part !== '')
        .join(', ')
    )
  }
  if (interrupted.signal.aborted) return 130
  return run.failures.length > 0 ? 1 : 0
}

/** The run as an event tells it: the first event, the snapshot, may be all that comes of a short one. */
function runIn(event: StudyEvent, id: number): Run | undefined {
  if (event.type === 'snapshot') return event.snapshot.runs.find((run) => run.id === id)
  return event.type === 'run' && event.run.id === id ? event.run : undefined
}

function report({ progress, state, notes, failures }: Run): void {
  const failed = failures.filter(({ layer }) => layer !== null).length
  for (const line of notes) note(line)
  if (progress.totalUnits === 0) note('Everything was measured already.')
  else
    note(
      `${state}: ${thousands(progress.units - failed)} of ${thousands(progress.totalUnits)} (layer, trial) pairs${failed === 0 ? '' : `, ${thousands(failed)} without a result`}`
    )
}
