import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Context } from '../context'
import { integer, modelOptions, readingOptions, type ReadingOptions } from '../options'
import { note, print, printJson } from '../output'
import type { Finish } from '../context'

interface Options extends ReadingOptions {
  readonly out: string
  readonly batch?: number
  readonly threads?: number
  readonly json?: boolean
}

export function predictCommand(program: Command, context: Context, finish: Finish): void {
  const command = program
    .command('predict')
    .description('run a checkpoint, unperturbed, and write its logits')
    .argument('<file>', 'a checkpoint')
    .argument('<images.npy>', 'float32 [N, 3, H, W] taken as given, or uint8 scaled and normalised')
    .requiredOption('--out <logits.npy>', 'where to write float32 [N, classes]')
  readingOptions(command)
    .option('--batch <n>', 'images at a time', integer(1))
    .option('--threads <n>', 'threads of the runtime', integer(1))
    .option('--json', 'print one JSON value')
    .action((file: string, input: string, options: Options) =>
      finish(
        context.withApplication('cli', async ({ client }) => {
          const done = await client.models.predict({
            path: resolve(file),
            options: modelOptions(options),
            input: resolve(input),
            output: resolve(options.out),
            batch: options.batch,
            threads: options.threads
          })
          for (const { code, message } of done.warnings) note(`${file}: ${message} [${code}]`)
          if (options.json === true) printJson({ ...done, file: options.out })
          else
            print(`${options.out}: logits of ${String(done.images)} images, ${String(done.classes)} classes`)
          return 0
        })
      )
    )
}
