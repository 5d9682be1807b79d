import type { Command } from 'commander'
import { SAMPLE_SPEC } from '../../../application'
import type { Context } from '../context'
import { note, print, printJson } from '../output'
import type { Finish } from '../context'
import { measure } from './measure'

export function sampleCommand(program: Command, context: Context, finish: Finish): void {
  program
    .command('sample')
    .description('write the sample study and measure it')
    .argument('[dir]', 'a folder for it', 'linchpin-sample')
    .option('--json', 'print one JSON value')
    .action((folder: string, options: { json?: boolean }) =>
      finish(
        context.withApplication('cli', async ({ client }) => {
          const { id, path } = await client.studies.writeSample({ folder })
          if (options.json !== true) note(`The sample study is ${path}.`)
          const code = await measure(client, id, SAMPLE_SPEC, false)
          if (options.json === true) printJson({ study: path })
          else print(path)
          return code
        })
      )
    )
}
