/** From named tensors to a network: wrappers off, family recognised, every tensor accounted for, graph built. */
import type { ModelOptions } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'
import type { ModelConfig, StateDictCheckpoint } from '../checkpoints'
import { checkClassifier, headed, type Headed } from './classifier'
import { checkTensors } from './differences'
import { loadTensors } from './load'
import type { Network } from './network'
import { knownNormalizations, normalizationOf, normalizationWarnings } from './normalization'
import { readTensors, shapesOf, type Reading } from './reading'
import { ARCHITECTURES } from './registry'
import type { Report } from './report'
import type { NamedTensors } from './types'
import {
  besideSteps,
  chooseNetwork,
  configSteps,
  containerSteps,
  findNetworks,
  findNormalizers,
  inventoryOf,
  onlyLinear,
  prefixesOf,
  prefixSteps,
  type Found,
  type Normalizer
} from './unwrap'

/** More are no checkpoint of vision networks; looking for one among them takes long. */
const MOST_TENSORS = 20_000
/** Names that an error lists. */
const MOST_NAMES = 1000

/**
 * @throws ARCHITECTURE_UNKNOWN, CLASSIFIER_ALONE, CLASSIFIER_MISSING, TENSORS_MISSING, TENSORS_UNEXPECTED,
 * TENSOR_SHAPE, TENSOR_NOT_FINITE, OPTION_INVALID, and what reading the files throws.
 */
export async function fromStateDict(
  checkpoint: StateDictCheckpoint,
  options: ModelOptions,
  report: Report
): Promise<Network> {
  const { container, stateDicts, config } = checkpoint
  report.update({
    unwrapped: container === null ? [] : container.split('.'),
    stateDicts: [...stateDicts],
    tensors: checkpoint.tensors.size,
    normalization: normalizationOf(options),
    preprocessing: config?.preprocessing ?? null,
    reading: readingOptions(options, config)
  })
  checkChoice(options.architecture)
  report.step(...containerSteps(checkpoint), ...configSteps(config))

  const { tensors, normalizers } = sorted(checkpoint.tensors, report)
  const { prefix, reading } = findNetwork(tensors, withOwnName(checkpoint), options, report)
  const beside = [...tensors.keys()].filter((name) => !name.startsWith(prefix))
  report.step(...prefixSteps(prefix, [...tensors.keys()]))
  report.update({ prefixes: prefixesOf(prefix) })

  const known = await knownNormalizations(checkpoint, prefix, reading, normalizers, report)
  const normalization = normalizationOf(options, known)
  report.update({ normalization })
  report.warn(...normalizationWarnings(normalization))
  report.step(...reading.steps)

  const found = await headed(prefix, reading, tensors, options, report)
  try {
    const taken = new Set(found.adopted)
    const ignored = beside.filter((name) => !taken.has(name))
    report.step(...besideSteps(prefix, ignored))
    ignore(report, [...ignored, ...found.dropped])
    return await networkOf(found, checkpoint, options, report)
  } finally {
    await found.head?.close()
  }
}

async function networkOf(
  { reading, head }: Headed,
  { config, files }: StateDictCheckpoint,
  { architecture: choice }: ModelOptions,
  report: Report
): Promise<Network> {
  const { architecture, recognition, tensors, fit } = reading
  const { targets } = recognition
  const choices = recognition.choices ?? architecture.choices
  report.update({
    architecture: recognition.description,
    family: recognition.family,
    architectureChoices: [...choices],
    heads: recognition.heads,
    matched: targets.size - fit.missing.length,
    missing: [...fit.missing],
    unexpected: [...fit.unexpected]
  })
  if (choice?.includes(':') === true && !choices.includes(choice)) {
    const known = choices.length === 0 ? 'no choices' : choices.join(', ')
    throw new LinchpinError(
      'OPTION_INVALID',
      `${recognition.description} cannot be "${choice}"; it has ${known}.`
    )
  }
  const decided = choice === undefined ? decidedByConfig(reading) : null
  if (decided !== null) report.update({ reading: { ...report.inspection.reading, architecture: decided } })
  checkClassifier(reading, report)
  checkTensors(reading)
  const model = recognition.build(await loadTensors(tensors, [...targets.keys()], report))
  report.warn(...recognition.notes, ...leftOver(fit.unexpected), ...otherClasses(recognition.classes, config))
  return { model, inputSize: recognition.inputSize, files: [...files, ...(head?.files ?? [])] }
}

/** What the config says is said by options from here on: the file is read alike where the config is not beside it. */
function readingOptions(options: ModelOptions, config: ModelConfig | null): ModelOptions {
  const heads = options.heads ?? config?.heads ?? undefined
  const epsilon = options.epsilon ?? config?.epsilon ?? undefined
  return {
    ...options,
    ...(heads === undefined ? {} : { heads }),
    ...(epsilon === undefined ? {} : { epsilon })
  }
}

/** The family's choice that was taken because of a config; null: the tensors alone lead to it. */
function decidedByConfig({ architecture, recognition, hints, tensors }: Reading): string | null {
  if (hints.config === null) return null
  const heads = recognition.heads ?? undefined
  const alone = architecture.recognise(shapesOf(tensors), { ...hints, heads, config: null })
  return alone === null || alone.choice === recognition.choice ? null : recognition.choice
}

function checkChoice(choice: string | undefined): void {
  if (choice === undefined) return
  if (ARCHITECTURES.some((a) => a.family === choice || a.choices.includes(choice))) return
  const known = ARCHITECTURES.flatMap((a) => [a.family, ...a.choices]).join(', ')
  throw new LinchpinError('OPTION_INVALID', `The architecture "${choice}" is not known; known: ${known}.`)
}

/** What may belong to a network; counters, auxiliary batch norms and normalisers are taken out. */
function sorted(
  source: NamedTensors,
  report: Report
): { readonly tensors: NamedTensors; readonly normalizers: readonly Normalizer[] } {
  const { tensors, ignored, steps } = inventoryOf(source)
  const normalizers = findNormalizers(tensors)
  const names = new Set(normalizers.flatMap((normalizer) => normalizer.names))
  report.step(...steps)
  ignore(report, [...ignored, ...names])
  return { tensors: new Map([...tensors].filter(([name]) => !names.has(name))), normalizers }
}

function ignore(report: Report, names: readonly string[]): void {
  report.update({ ignored: [...report.inspection.ignored, ...names] })
}

/** Training code saves the architecture's name with the weights; a config beside the file goes before it. */
function withOwnName({ config, metadata }: StateDictCheckpoint): ModelConfig | null {
  const name = metadata.arch ?? metadata.architecture
  if (name === undefined || (config !== null && config.architecture !== null)) return config
  return { ...NOTHING_SAID, ...config, architecture: name }
}

const NOTHING_SAID: Omit<ModelConfig, 'architecture'> = {
  files: [],
  classes: null,
  normalization: null,
  preprocessing: { inputSize: null, cropFraction: null, interpolation: null },
  heads: null,
  epsilon: null,
  activation: null,
  pooling: null,
  stride: null
}

function findNetwork(
  tensors: NamedTensors,
  config: ModelConfig | null,
  options: ModelOptions,
  report: Report
): Found {
  if (tensors.size > MOST_TENSORS) throw unknown(tensors)
  const alone = onlyLinear(tensors)
  if (alone !== null) {
    const [classes = 0, features = 0] = alone.weight.shape
    report.update({ head: { features, classes } })
    throw new LinchpinError(
      'CLASSIFIER_ALONE',
      `It is one linear layer, "${alone.module}", of ${features} features and ${classes} classes.`,
      { fix: 'Import the network that it was trained on, and give this file as its classifier.' }
    )
  }
  const { architecture: choice, heads, epsilon } = options
  const hints = { choice, heads, epsilon: epsilon ?? config?.epsilon ?? undefined, config }
  const all = findNetworks(tensors, (candidates): Reading | null => readTensors(candidates, hints))
  const chosen = chooseNetwork(all, options.prefix)
  if (chosen === null) throw unknown(tensors)
  report.update({ prefixChoices: [...chosen.choices] })
  report.warn(...chosen.warnings)
  return chosen.found
}

function unknown(tensors: NamedTensors): LinchpinError {
  const names = [...tensors.keys()]
  const first = names.slice(0, 3).join('", "')
  return new LinchpinError('ARCHITECTURE_UNKNOWN', `Its ${names.length} tensors begin with "${first}".`, {
    details: names.slice(0, MOST_NAMES),
    fix: 'Export the model to ONNX and import that.'
  })
}

function leftOver(names: readonly string[]): { code: string; message: string }[] {
  if (names.length === 0) return []
  const message = `${names.length} tensors are not part of the classifier and were left out, e.g. "${names[0] ?? ''}".`
  return [{ code: 'tensors-left-over', message }]
}

function otherClasses(
  classes: number | null,
  config: ModelConfig | null
): { code: string; message: string }[] {
  const named = config?.classes ?? null
  if (named === null || classes === null || named === classes) return []
  const message = `The config beside the file names ${named} classes; the network has ${classes}.`
  return [{ code: 'config-classes', message }]
}
