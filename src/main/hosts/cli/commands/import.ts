import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { LinchpinClient } from '@shared/contract'
import type { LoadCheck } from '@shared/contract/loading'
import type { ImportOutcome } from '@shared/contract/study'
import type { Context } from '../context'
import { noteFindings } from '../load-check'
import { attribute, checkHead, modelOptions, readingOptions, type ReadingOptions } from '../options'
import { note, print, printJson, printProblem } from '../output'
import type { Finish } from '../context'

interface Options extends ReadingOptions {
  readonly name?: string
  readonly category?: string
  readonly set?: Record<string, number | string>
  readonly json?: boolean
}

export function importCommand(program: Command, context: Context, finish: Finish): void {
  const command = program
    .command('import')
    .description('add models to a study, which is made if it is not there')
    .argument('<study>', 'the study, NAME.linchpin')
    .argument('<file...>', 'checkpoints: PyTorch, safetensors, npz, ONNX')
    .option('--name <name>', 'the name of the model (with one file)')
    .option('--category <name>', 'how it was trained, e.g. baseline')
    .option('--set <key=value>', 'an attribute, e.g. accuracy=0.761 (may be repeated)', attribute)
  readingOptions(command)
    .option('--json', 'print one JSON array')
    .action((study: string, files: string[], options: Options) =>
      finish(
        context.withApplication('cli', async ({ client }) => {
          checkHead(files, options)
          const { id } = await client.studies.open({ path: study, create: true })
          const outcomes: ImportOutcome[] = []
          for (const file of files) {
            const added = await client.models.add({
              study: id,
              models: [
                {
                  path: resolve(file),
                  name: files.length === 1 ? options.name : undefined,
                  category: options.category,
                  attributes: options.set,
                  options: modelOptions(options)
                }
              ]
            })
            outcomes.push(...added.map((outcome) => ({ ...outcome, path: file })))
          }
          const checked = await check(client, id, outcomes)
          if (files.length > 1 && options.name !== undefined)
            note('--name is for one file; the file names are taken.')
          if (options.json === true) printJson(checked)
          else checked.forEach(show)
          return outcomes.some(({ problem }) => problem !== null) ? 1 : 0
        })
      )
    )
}

interface Checked extends ImportOutcome {
  /** Whether it loaded right; null where the study has no images yet, or the check could not run. */
  readonly check: LoadCheck | null
}

/** Checks the models that were added on the study's images, if it has some. */
async function check(
  client: LinchpinClient,
  study: string,
  outcomes: readonly ImportOutcome[]
): Promise<Checked[]> {
  const models = outcomes.flatMap(({ model }) => (model === null ? [] : [model]))
  const checks = await client.models.check({
    study,
    files: models.map(({ path, options }) => ({ path, options }))
  })
  const byModel = new Map(models.map(({ id }, i) => [id, checks[i]]))
  return outcomes.map((outcome) => {
    const { check: done = null, problem = null } = byModel.get(outcome.model?.id ?? '') ?? {}
    if (problem !== null && problem.code !== 'EVALUATION_MISSING') printProblem(problem, outcome.path)
    return { ...outcome, check: done }
  })
}

function show({ path, model, existing, inspection, problem, check: done }: Checked): void {
  if (problem !== null) printProblem(problem, path)
  if (model === null) return
  print(
    `${path}: ${existing ? 'already in the study as' : 'added as'} ${model.id} (${model.architecture}, ${String(model.layers.length)} layers)`
  )
  for (const warning of inspection.warnings) note(`${path}: ${warning.message} [${warning.code}]`)
  if (done !== null && done.verdict !== 'good') noteFindings(done, path)
}
