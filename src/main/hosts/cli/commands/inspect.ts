import type { Command } from 'commander'
import { resolve } from 'node:path'
import type { LinchpinClient } from '@shared/contract'
import type { LoadCheck } from '@shared/contract/loading'
import { LAYER_KINDS, type Inspection } from '@shared/contract/model'
import type { Problem } from '@shared/errors'
import type { Context } from '../context'
import { noteFindings, showCheck } from '../load-check'
import { checkHead, modelOptions, readingOptions, type ReadingOptions } from '../options'
import { note, print, printJson, printProblem, thousands } from '../output'
import type { Finish } from '../context'

export function inspectCommand(program: Command, context: Context, finish: Finish): void {
  const command = program
    .command('inspect')
    .description('read checkpoints and say what they are')
    .argument('<file...>', 'checkpoints: PyTorch, safetensors, .npz, ONNX')
  readingOptions(command)
    .option('--data <study>', 'run it on images of this study: did it load right?')
    .option('--json', 'print one JSON array')
    .action((files: string[], options: ReadingOptions & { data?: string; json?: boolean }) =>
      finish(
        context.withApplication('cli', async ({ client }) => {
          checkHead(files, options)
          const study = options.data === undefined ? null : await client.studies.open({ path: options.data })
          const read: Inspection[] = []
          for (const file of files) {
            const [inspection] = await client.models.inspect({
              files: [{ path: resolve(file), options: modelOptions(options) }]
            })
            if (inspection !== undefined) read.push({ ...inspection, file })
          }
          const inspections: Inspected[] =
            study === null ? read : await check(client, study.id, read, options)
          if (options.json === true) printJson(inspections)
          else for (const inspection of inspections) show(inspection)
          const codes = inspections.flatMap(({ error }) => (error === undefined ? [] : [error.code]))
          if (codes.includes('OPTION_INVALID')) return 2
          const misloaded = inspections.some((one) => one.check?.verdict === 'bad' || one.checkProblem)
          return codes.length > 0 || misloaded ? 1 : 0
        })
      )
    )
}

interface Inspected extends Inspection {
  /** With `--data`, for a file that could be read. */
  readonly check?: LoadCheck
  readonly checkProblem?: Problem
}

/** With the check of every file that could be read, or why there is none. */
async function check(
  client: LinchpinClient,
  study: string,
  inspections: readonly Inspection[],
  options: ReadingOptions
): Promise<Inspected[]> {
  const good = inspections.filter(({ error }) => error === undefined)
  const outcomes = await client.models.check({
    study,
    files: good.map(({ file }) => ({ path: resolve(file), options: modelOptions(options) }))
  })
  const byInspection = new Map(good.map((inspection, i) => [inspection, outcomes[i]]))
  return inspections.map((inspection) => {
    const { check: done = null, problem = null } = byInspection.get(inspection) ?? {}
    return {
      ...inspection,
      ...(done === null ? {} : { check: done }),
      ...(problem === null ? {} : { checkProblem: problem })
    }
  })
}

function show(inspection: Inspected): void {
  const { file, error, check: done, checkProblem } = inspection
  if (error !== undefined) {
    printProblem(error, file)
    return
  }
  const { normalization } = inspection
  const layers = LAYER_KINDS.flatMap((kind) => {
    const count = inspection.layers.filter((layer) => layer.kind === kind).length
    return count === 0 ? [] : [`${String(count)} ${kind}`]
  })
  print(file)
  print(
    `  ${inspection.architecture ?? ''} (${inspection.format ?? ''}${inspection.container === null ? '' : `, ${inspection.container}`})`
  )
  print(
    `  ${thousands(inspection.parameters)} parameters, ${String(inspection.classes ?? '?')} classes${inspection.heads === null ? '' : `, ${String(inspection.heads)} attention heads`}, layers: ${layers.join(', ')}`
  )
  for (const [i, { text }] of inspection.steps.entries()) print(`  ${String(i + 1)}. ${text}`)
  if (inspection.unexpected.length > 0) print(`  left out: ${inspection.unexpected.join(', ')}`)
  if (normalization !== null) {
    print(
      `  normalisation: mean ${normalization.mean.join(', ')}, std ${normalization.std.join(', ')} (${normalization.source})`
    )
  }
  if (done !== undefined) showCheck(done)
  for (const warning of inspection.warnings) note(`${file}: ${warning.message} [${warning.code}]`)
  if (done !== undefined) noteFindings(done, file)
  if (checkProblem !== undefined) printProblem(checkProblem, file)
}
