import type { Command } from 'commander'
import { resolve } from 'node:path'
import type { Inspection } from '@shared/contract/model'
import type { Context } from '../context'
import { modelOptions, threeNumbers, type ReadingOptions } from '../options'
import { note, print, printJson, printProblem, thousands } from '../output'
import type { Finish } from '../context'

export function inspectCommand(program: Command, context: Context, finish: Finish): void {
  program
    .command('inspect')
    .description('read checkpoints and say what they are')
    .argument('<file...>', 'checkpoints: PyTorch, safetensors, ONNX')
    .option('--architecture <name>', 'how to read it, e.g. resnet:cifar-stem')
    .option('--mean <a,b,c>', 'mean of the normalisation, per channel of pixels in [0, 1]', threeNumbers)
    .option('--std <a,b,c>', 'standard deviation of the normalisation', threeNumbers)
    .option('--json', 'print one JSON array')
    .action((files: string[], options: ReadingOptions & { json?: boolean }) =>
      finish(
        context.withApplication('cli', async ({ client }) => {
          const inspections: Inspection[] = []
          for (const file of files) {
            const [inspection] = await client.models.inspect({
              files: [{ path: resolve(file), options: modelOptions(options) }]
            })
            if (inspection !== undefined) inspections.push({ ...inspection, file })
          }
          if (options.json === true) printJson(inspections)
          else for (const inspection of inspections) show(inspection)
          const codes = inspections.flatMap(({ error }) => (error === undefined ? [] : [error.code]))
          if (codes.includes('OPTION_INVALID')) return 2
          return codes.length > 0 ? 1 : 0
        })
      )
    )
}

function show(inspection: Inspection): void {
  const { file, error } = inspection
  if (error !== undefined) {
    printProblem(error, file)
    return
  }
  const { normalization } = inspection
  const layers = ['conv', 'linear', 'norm'].map(
    (kind) => `${String(inspection.layers.filter((layer) => layer.kind === kind).length)} ${kind}`
  )
  print(file)
  print(
    `  ${inspection.architecture ?? ''} (${inspection.format ?? ''}${inspection.container === null ? '' : `, ${inspection.container}`})`
  )
  print(
    `  ${thousands(inspection.parameters)} parameters, ${String(inspection.classes ?? '?')} classes, layers: ${layers.join(', ')}`
  )
  if (inspection.prefixes.length > 0) print(`  prefixes taken off: ${inspection.prefixes.join(' ')}`)
  if (inspection.unexpected.length > 0) print(`  left out: ${inspection.unexpected.join(', ')}`)
  if (normalization !== null) {
    print(
      `  normalisation: mean ${normalization.mean.join(', ')}, std ${normalization.std.join(', ')} (${normalization.source})`
    )
  }
  for (const warning of inspection.warnings) note(`${file}: ${warning.message} [${warning.code}]`)
}
