import type { Command } from 'commander'
import type { LinchpinClient } from '@shared/contract'
import type { LayerRow, MeasurementSpec, Outcome, Plan, Run } from '@shared/contract/measurement'
import type { StudyEvent } from '@shared/contract/study'
import type { Context, ExitCode, Finish } from '../context'
import { measureOptions, specOf, type MeasureOptions } from '../measure-options'
import { duration, note, print, printJson, printProblem, thousands } from '../output'
import { ProgressReporter } from '../progress'

interface Options extends MeasureOptions {
  readonly dryRun?: boolean
  readonly json?: boolean
}

export function measureCommand(program: Command, context: Context, finish: Finish): void {
  const command = program
    .command('measure')
    .description('measure what is not measured yet, and go on with what was interrupted')
    .argument('<study>', 'the study, NAME.linchpin')
  measureOptions(command)
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

async function dryRun(
  client: LinchpinClient,
  study: string,
  spec: MeasurementSpec,
  json: boolean
): Promise<ExitCode> {
  const plan = await client.measurement.plan({ study, spec, estimate: true })
  if (json) printJson(plan)
  else for (const line of planLines(plan, spec)) print(line)
  return 0
}

function planLines(plan: Plan, { unit, targetSe }: MeasurementSpec): string[] {
  const { passes, leastPasses, mostPasses, expectedError, imagesPerSecond, seconds } = plan
  const open = leastPasses !== mostPasses
  return [
    `${String(plan.models)} models, up to ${String(plan.layers)} ${unit}s each, ${thousands(plan.images)} images`,
    `${open ? 'about ' : ''}${thousands(plan.units)} (${unit}, trial) pairs to measure, ${thousands(plan.measured)} measured already`,
    `${open ? 'about ' : ''}${thousands(passes)} forward passes${open ? `, at least ${thousands(leastPasses)}, at most ${thousands(mostPasses)}` : ''}`,
    ...(expectedError === null
      ? []
      : [
          `expected standard error: ${points(expectedError)}${targetSe === undefined ? '' : `, target ${points(targetSe)}`}`
        ]),
    ...(imagesPerSecond === null || seconds === null
      ? []
      : [`about ${duration(seconds)} at ${thousands(imagesPerSecond)} images/s`])
  ]
}

/** Criticality is shown in percent: its error in points of it. */
function points(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} points`
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
  else {
    report(run)
    if (spec.targetSe !== undefined) reportTarget(await client.results.layers({ study }), spec.targetSe)
  }
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

const WHY: Readonly<Record<Exclude<Outcome, 'reached'>, string>> = {
  budget: 'took all passes of the budget',
  trials: 'took all trials',
  images: 'would need more images than there are'
}

/** How many layers of the study have come to a target, and which have not. */
function reportTarget(rows: readonly LayerRow[], target: number): void {
  const aimed = rows.filter((row) => row.target_se === target)
  const reached = aimed.filter((row) => row.outcome === 'reached').length
  note(`${thousands(reached)} of ${thousands(aimed.length)} reached a standard error of ${points(target)}.`)
  for (const { model, layer, outcome, standard_error: error } of aimed) {
    if (outcome === 'reached' || outcome === null) continue
    note(`  ${model}, ${layer}: ${error === null ? 'unknown' : points(error)}; it ${WHY[outcome]}.`)
  }
}
