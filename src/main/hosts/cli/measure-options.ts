/** Flags of `measure`, and the specification that they make. */
import { resolve } from 'node:path'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { DEVICES } from '@shared/contract/devices'
import {
  ADAPTIVE_TRIALS,
  measurementSpecSchema,
  PAPER_PASSES,
  PRECISIONS,
  SCHEMES,
  type MeasurementSpec
} from '@shared/contract/measurement'
import { LAYER_KINDS } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'
import { parsePerturbation, PERTURBATION_FORMS, perturbationText } from '@shared/perturbation-text'
import { UNITS } from '@shared/units'
import { integer, kindList } from './options'
import { thousands } from './output'

interface Preset {
  readonly trials: number
  readonly images?: number
  readonly targetSe?: number
}

/** What presets stand for; a flag given beside one wins. */
const PRESETS: Readonly<Record<'paper' | 'quick' | 'adaptive', Preset>> = {
  paper: { trials: 3, images: 10_000 },
  quick: { trials: 3, images: 256 },
  adaptive: { trials: ADAPTIVE_TRIALS, targetSe: 0.01 }
}

export interface MeasureOptions {
  readonly models?: string[]
  readonly layers?: string[]
  readonly kinds?: string[]
  readonly unit: string
  readonly perturbation: string
  readonly scheme: string
  readonly trials?: number
  readonly images?: number
  readonly targetSe?: number
  readonly budget?: number
  readonly full?: boolean
  readonly seed: number
  readonly device: string
  readonly precision: string
  readonly batch?: number
  readonly threads?: number
  readonly preset?: keyof typeof PRESETS
}

export function measureOptions(command: Command): Command {
  return command
    .option('--models <pattern...>', 'ids or names, with * and ?; all without')
    .option('--layers <pattern...>', 'names of layers, parts, blocks or stages, with * and ?; all without')
    .option(
      '--kinds <list>',
      `of ${LAYER_KINDS.join(',')} (default: conv,linear; of blocks and stages, all in them)`,
      kindList
    )
    .addOption(
      new Option('--unit <unit>', 'what is perturbed at once; part: q, k and v of an attention apart')
        .choices(UNITS)
        .default('layer')
    )
    .option('--perturbation <name>', PERTURBATION_FORMS.join(', '), 'randomize')
    .addOption(
      new Option('--scheme <name>', 'how fresh parameters are drawn').choices(SCHEMES).default('auto')
    )
    .option(
      '--trials <n>',
      `independent draws a layer (default: 3; with a target at most ${thousands(ADAPTIVE_TRIALS)}); what draws nothing has one`,
      integer(1)
    )
    .option('--images <n>', 'the first N of the evaluation set (default: all)', integer(1))
    .option(
      '--target-se <s>',
      'measure each layer until its standard error is so small, e.g. 0.01: one point; trials see images of their own',
      fraction
    )
    .option(
      '--budget <n>',
      `with a target: most forward passes a layer (default: ${thousands(PAPER_PASSES)})`,
      integer(1)
    )
    .option('--seed <n>', 'seed of the draws', integer(0), 0)
    .addOption(new Option('--device <name>', 'where to compute').choices(DEVICES).default('auto'))
    .addOption(
      new Option('--precision <name>', 'of the arithmetic; tf32 on cuda only')
        .choices(PRECISIONS)
        .default('float32')
    )
    .option('--batch <n>', 'images at a time (default: what runs fastest here)', integer(1))
    .option('--threads <n>', 'threads of the runtime (default: what runs fastest here)', integer(1))
    .addOption(
      new Option(
        '--preset <name>',
        'paper: 10,000 images, 3 trials; quick: 256 images, 3 trials; adaptive: --target-se 0.01. Flags beside it win'
      ).choices(Object.keys(PRESETS))
    )
    .option('--full', 'run the whole network for every layer and trial: slower, the reference')
}

/** A number above 0 and below 1. */
function fraction(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value < 1) return value
  throw new InvalidArgumentError('Expected a fraction above 0, e.g. 0.01.')
}

/** @throws OPTION_INVALID. */
export function specOf(options: MeasureOptions): MeasurementSpec {
  const preset = options.preset === undefined ? null : PRESETS[options.preset]
  const targetSe = options.targetSe ?? preset?.targetSe
  if (options.budget !== undefined && targetSe === undefined) {
    throw new LinchpinError('OPTION_INVALID', `--budget is "${String(options.budget)}" without a target.`, {
      fix: 'Give --target-se, or leave --budget out: trials and images say what is measured.'
    })
  }
  const parsed = measurementSpecSchema.safeParse({
    models: options.models,
    layers: options.layers,
    kinds: options.kinds,
    unit: options.unit,
    perturbation: perturbationText(parsePerturbation(options.perturbation), (path) => resolve(path)),
    scheme: options.scheme,
    // So many as another preset has reach no target.
    trials: options.trials ?? (targetSe === undefined ? preset?.trials : ADAPTIVE_TRIALS),
    images: options.images ?? preset?.images,
    targetSe,
    budget: options.budget,
    full: options.full,
    seed: options.seed,
    device: options.device,
    precision: options.precision,
    batch: options.batch,
    threads: options.threads
  })
  if (parsed.success) return parsed.data
  const facts = parsed.error.issues.map((issue) => `--${flagOf(issue.path.join('.'))}: ${issue.message}`)
  throw new LinchpinError('OPTION_INVALID', facts.join('; '))
}

/** targetSe → target-se */
function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
