import { resolve } from 'node:path'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { LAYER_KINDS, type LayerKind, type ModelOptions } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'

/** A whole number of at least `least`. */
export function integer(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`Expected a whole number of at least ${String(least)}.`)
  }
}

/** `a,b,c` as three numbers. */
export function threeNumbers(text: string): number[] {
  const values = text.split(',').map(Number)
  if (values.length === 3 && values.every((value) => Number.isFinite(value))) return values
  throw new InvalidArgumentError('Expected three numbers, e.g. 0.485,0.456,0.406.')
}

function commaList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** `conv,linear`: kinds of layers. */
export function kindList(text: string): LayerKind[] {
  return commaList(text).map((name) => {
    const kind = LAYER_KINDS.find((candidate) => candidate === name)
    if (kind === undefined) {
      throw new InvalidArgumentError(`"${name}" is no kind of layer; kinds are ${LAYER_KINDS.join(', ')}.`)
    }
    return kind
  })
}

/** KEY=VALUE; a number where the value is one. */
export function attribute(
  text: string,
  previous: Record<string, number | string> = {}
): Record<string, number | string> {
  const at = text.indexOf('=')
  if (at <= 0) throw new InvalidArgumentError('Expected KEY=VALUE.')
  const value = text.slice(at + 1)
  const number = Number(value)
  return { ...previous, [text.slice(0, at)]: value.trim() !== '' && Number.isFinite(number) ? number : value }
}

/** How a checkpoint is read, as far as flags decide it: the same ones for every command that reads one. */
export interface ReadingOptions {
  readonly architecture?: string
  readonly heads?: number
  readonly head?: string
  readonly weights?: string
  readonly prefix?: string
  readonly output?: string
  readonly channels?: 'rgb' | 'bgr'
  readonly mean?: number[]
  readonly std?: number[]
}

/** Adds the flags of `ReadingOptions` to a command. */
export function readingOptions(command: Command): Command {
  return command
    .option('--architecture <name>', 'how to read it, e.g. resnet:cifar-stem')
    .option('--heads <n>', 'attention heads, which no tensor tells', integer(1))
    .option('--head <file>', 'the classifier, where it is saved apart')
    .option('--weights <name>', 'which of the file’s state dicts, e.g. state_dict_ema')
    .option('--prefix <prefix>', 'the prefix whose tensors are taken, e.g. module.model.')
    .option('--output <name>', 'which of a graph’s outputs holds the logits')
    .addOption(
      new Option('--channels <order>', 'order of the colours that it was trained on (default: rgb)').choices([
        'rgb',
        'bgr'
      ])
    )
    .option('--mean <a,b,c>', 'mean of the normalisation, per channel of pixels in [0, 1]', threeNumbers)
    .option('--std <a,b,c>', 'standard deviation of the normalisation', threeNumbers)
}

/** The options of the contract; the head's path is absolute. */
export function modelOptions(options: ReadingOptions): ModelOptions {
  const { architecture, heads, head, weights, prefix, output, channels, mean, std } = options
  return {
    ...(architecture === undefined ? {} : { architecture }),
    ...(heads === undefined ? {} : { heads }),
    ...(head === undefined ? {} : { head: resolve(head) }),
    ...(weights === undefined ? {} : { weights }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(output === undefined ? {} : { output }),
    ...(channels === undefined ? {} : { channels }),
    ...(mean === undefined ? {} : { mean }),
    ...(std === undefined ? {} : { std })
  }
}

/** @throws OPTION_INVALID: a classifier saved apart belongs to one model. */
export function checkHead(files: readonly string[], { head }: ReadingOptions): void {
  if (head === undefined || files.length === 1) return
  throw new LinchpinError(
    'OPTION_INVALID',
    `--head is "${head}" for ${String(files.length)} files; it belongs to one.`,
    { fix: 'Give each file and its head in a command of its own.' }
  )
}
