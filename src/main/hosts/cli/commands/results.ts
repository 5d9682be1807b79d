import { Option, type Command } from 'commander'
import { LAYER_KINDS } from '@shared/contract/model'
import { layerRowSchema, statsRequestSchema, trialRowSchema, type Stats } from '@shared/contract/measurement'
import { LinchpinError } from '@shared/errors'
import type { Context } from '../context'
import { kindList } from '../options'
import { note, printCsv, printJson } from '../output'
import type { Finish } from '../context'

const RESULTS_HELP = `
A row's images are those that it covers: of a trial that is under way, or of one whose images are its own, fewer than
the evaluation set has; of a layer, how many different ones its trials saw, and observations are trials × images.
sampling: same, all trials see the same images; fresh, each its own (--target-se). unit: layer, part, block or stage;
block:conv says that only the convolutions in it were perturbed. complete: no trial is under way.
var_trial, var_image, var_rest: parts of the variance of criticality, which standard_error comes from.
outcome: of the adaptive protocol: reached, budget, trials, images.`

export function resultsCommand(program: Command, context: Context, finish: Finish): void {
  program
    .command('results')
    .description('print measurements')
    .argument('<study>', 'the study, NAME.linchpin')
    .addOption(new Option('--format <name>').choices(['csv', 'json']).default('csv'))
    .addOption(new Option('--per <unit>', 'a row for each').choices(['trial', 'layer']).default('trial'))
    .option('--json', 'the same as --format json')
    .addHelpText('after', RESULTS_HELP)
    .action((path: string, options: { format: 'csv' | 'json'; per: 'trial' | 'layer'; json?: boolean }) =>
      finish(
        context.withApplication('cli', async ({ client }) => {
          const { id } = await client.studies.open({ path })
          const perTrial = options.per === 'trial'
          const rows = perTrial
            ? await client.results.trials({ study: id })
            : await client.results.layers({ study: id })
          const columns = Object.keys((perTrial ? trialRowSchema : layerRowSchema).shape)
          if (options.json === true || options.format === 'json') printJson(rows)
          else printCsv(columns, rows)
          return 0
        })
      )
    )
}

function sayWhatIsShown({ series, otherSeries, models, correlation }: Stats, attribute: string): void {
  if (otherSeries > 0) {
    const { scheme, seed, images, unit, sampling, provider } = series
    note(
      `Of ${String(otherSeries + 1)} series with ${series.perturbation}, this is: unit ${unit}, scheme ${scheme || 'none'}, seed ${String(seed)}, ${String(images)} images (${sampling}), ${provider}.`
    )
  }
  if (models.length > 0 && correlation.spearman.n === 0) note(`No model has a number for "${attribute}".`)
}

interface StatsOptions {
  readonly attribute: string
  readonly perturbation: string
  readonly kinds?: string[]
  readonly excludeCategory?: string[]
}

export function statsCommand(program: Command, context: Context, finish: Finish): void {
  program
    .command('stats')
    .description('print statistics of a study as JSON')
    .argument('<study>', 'the study, NAME.linchpin')
    .option('--attribute <name>', 'the attribute to correlate with mean criticality', 'accuracy')
    .option('--perturbation <name>', 'whose results', 'randomize')
    .option(
      '--kinds <list>',
      `of ${LAYER_KINDS.join(',')} (default: conv,linear); of layers and parts`,
      kindList
    )
    .option('--exclude-category <name...>', 'categories to leave out')
    .option('--json', 'print one JSON value (it always does)')
    .action((path: string, options: StatsOptions) =>
      finish(
        context.withApplication('cli', async ({ client }) => {
          const { id } = await client.studies.open({ path })
          const request = statsRequestSchema.safeParse({
            attribute: options.attribute,
            perturbation: options.perturbation,
            kinds: options.kinds,
            excludeCategories: options.excludeCategory
          })
          if (!request.success) {
            throw new LinchpinError(
              'OPTION_INVALID',
              request.error.issues.map((issue) => issue.message).join('; ')
            )
          }
          const stats = await client.results.stats({ study: id, request: request.data })
          sayWhatIsShown(stats, request.data.attribute)
          printJson(stats)
          return 0
        })
      )
    )
}

export function compareCommand(program: Command, context: Context, finish: Finish): void {
  program
    .command('compare')
    .description('print the paired difference of two models, layer by layer, as JSON')
    .argument('<study>', 'the study, NAME.linchpin')
    .argument('<first>', 'id of a model')
    .argument('<second>', 'id of the model that is subtracted')
    .option('--perturbation <name>', 'whose results', 'randomize')
    .option('--json', 'print one JSON value (it always does)')
    .action((path: string, first: string, second: string, { perturbation }: { perturbation: string }) =>
      finish(
        context.withApplication('cli', async ({ client }) => {
          const { id } = await client.studies.open({ path })
          const request = { first, second, perturbation }
          const { layers } = await client.results.compare({ study: id, request })
          printJson(layers)
          return 0
        })
      )
    )
}
