/** From a checkpoint file to a classifier: what it is, whether all of it was understood, and its graph. */
import type { Inspection, LayerInfo, ModelOptions, Normalization, Warning } from '@shared/contract/model'
import { LinchpinError, toProblem } from '@shared/errors'
import { openCheckpoint, type Checkpoint, type StateDictCheckpoint } from '../checkpoints'
import {
  findLayers,
  signatureOf,
  withoutSoftmax,
  type GraphLayer,
  type OnnxModel,
  type Signature
} from '../graph'
import { batchNormsFolded } from '../graph/folding'
import { resnet } from './resnet'
import type { Architecture, Recognition } from './types'
import { unwrap, type Unwrapped } from './unwrap'

const ARCHITECTURES: readonly Architecture[] = [resnet]

/** torchvision's and timm's mean and std for ImageNet. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

/** A model that can be run and measured. */
export interface Classifier {
  readonly model: OnnxModel
  readonly layers: readonly GraphLayer[]
  readonly signature: Signature
  readonly files: readonly string[]
  readonly inspection: Inspection
}

export interface Inspected {
  readonly inspection: Inspection
  /** Null when the inspection has an error. */
  readonly classifier: Classifier | null
}

/** What a file is. Does not throw for a bad file: the reason is in `inspection.error`. */
export async function inspectCheckpoint(path: string, options: ModelOptions = {}): Promise<Inspected> {
  let inspection = emptyInspection(path)
  let checkpoint: Checkpoint | null = null
  try {
    checkpoint = await openCheckpoint(path)
    inspection = { ...inspection, format: checkpoint.format, container: checkpoint.container }
    const normalization = normalizationOf(options)
    const report: Report = {
      update: (part) => {
        inspection = { ...inspection, ...part }
      }
    }
    report.update({ normalization, warnings: normalizationWarnings(normalization) })
    const { model, inputSize, warnings } =
      checkpoint.kind === 'graph'
        ? { model: checkpoint.model, inputSize: 224, warnings: [] }
        : await fromStateDict(checkpoint, options, report)
    const logits = withoutSoftmax(model)
    const final = logits ?? model
    const signature = signatureOf(final)
    const { height, width } = signature
    const layers = findLayers(final, [1, 3, height ?? inputSize, width ?? inputSize])
    checkFinite(layers, report)
    report.update({
      ...(checkpoint.kind === 'graph' ? graphFacts(checkpoint.model, layers) : {}),
      classes: signature.classes ?? layers.findLast((layer) => layer.kind === 'linear')?.shape[0] ?? null,
      inputShape: [signature.channels, height, width],
      parameters: layers.reduce((sum, layer) => sum + layer.parameters, 0),
      layers: layers.map(layerInfo),
      warnings: [
        ...inspection.warnings,
        ...warnings,
        ...(logits === null ? [] : [SOFTMAX_REMOVED]),
        ...(batchNormsFolded(final) ? [BATCH_NORM_FOLDED] : [])
      ]
    })
    if (layers.length === 0) {
      throw new LinchpinError(
        'GRAPH_UNSUPPORTED',
        'It has no convolution, linear or batch-norm layer with weights.'
      )
    }
    return {
      inspection,
      classifier: { model: final, layers, signature, files: checkpoint.files, inspection }
    }
  } catch (error) {
    return { inspection: { ...inspection, error: toProblem(error) }, classifier: null }
  } finally {
    await checkpoint?.close()
  }
}

/** Collects what is known so far: a bad file still shows how far it was understood. */
interface Report {
  update(part: Partial<Inspection>): void
}

const SOFTMAX_REMOVED: Warning = {
  code: 'softmax-removed',
  message: 'The graph ends in a softmax; it was taken off, so that the output is logits.'
}

const BATCH_NORM_FOLDED: Warning = {
  code: 'batch-norm-folded',
  message:
    'Batch norms seem folded into the convolutions: these are no longer the layers that were trained, and fresh weights have the wrong scale. Import the checkpoint itself, or randomise with the scheme "matched".'
}

function emptyInspection(path: string): Inspection {
  return {
    file: path,
    format: null,
    container: null,
    architecture: null,
    family: null,
    architectureChoices: [],
    unwrapped: [],
    prefixes: [],
    parameters: 0,
    tensors: 0,
    matched: 0,
    missing: [],
    unexpected: [],
    ignored: [],
    normalization: null,
    classes: null,
    inputShape: [],
    layers: [],
    warnings: []
  }
}

function normalizationOf({ mean, std }: ModelOptions): Normalization {
  if (mean === undefined && std === undefined) return { ...IMAGENET, source: 'default' }
  if (mean === undefined || std === undefined) {
    const [given, lacking] = mean === undefined ? ['std', 'mean'] : ['mean', 'std']
    throw new LinchpinError('OPTION_INVALID', `A ${given} is given without its ${lacking}.`, {
      fix: 'Give both, or neither.'
    })
  }
  const values = { mean, std }
  if ([...values.mean, ...values.std].some((v) => !Number.isFinite(v)) || values.std.some((v) => v <= 0)) {
    throw new LinchpinError(
      'OPTION_INVALID',
      `The normalisation has mean [${values.mean.join(', ')}] and std [${values.std.join(', ')}]; expected numbers, std above 0.`
    )
  }
  return { ...values, source: 'user' }
}

function normalizationWarnings({ source }: Normalization): Warning[] {
  if (source !== 'default') return []
  const message = "The file does not say how its images were normalised: ImageNet's mean and std are taken."
  return [{ code: 'normalization-assumed', message }]
}

function recogniseAny(
  tensors: Unwrapped['tensors'],
  choice: string | undefined
): {
  readonly architecture: Architecture
  readonly recognition: Recognition
} {
  const shapes = new Map([...tensors].map(([name, entry]) => [name, entry.shape]))
  const family = choice?.split(':')[0]
  if (choice !== undefined && !ARCHITECTURES.some((a) => a.family === choice || a.choices.includes(choice))) {
    const known = ARCHITECTURES.flatMap((a) => [a.family, ...a.choices]).join(', ')
    throw new LinchpinError('OPTION_INVALID', `The architecture "${choice}" is not known; known: ${known}.`)
  }
  for (const architecture of ARCHITECTURES) {
    if (family !== undefined && architecture.family !== family) continue
    const recognition = architecture.recognise(shapes, choice === architecture.family ? undefined : choice)
    if (recognition !== null) return { architecture, recognition }
  }
  const names = [...tensors.keys()]
  throw new LinchpinError(
    'ARCHITECTURE_UNKNOWN',
    `Its ${String(names.length)} tensors begin with "${names.slice(0, 3).join('", "')}".`,
    { details: names, fix: 'Export the model to ONNX and import that.' }
  )
}

async function fromStateDict(
  checkpoint: StateDictCheckpoint,
  options: ModelOptions,
  report: Report
): Promise<{ model: OnnxModel; inputSize: number; warnings: readonly Warning[] }> {
  const { tensors, prefixes, ignored } = unwrap(checkpoint.tensors)
  report.update({
    unwrapped: checkpoint.container === null ? [] : [checkpoint.container],
    prefixes: [...prefixes],
    ignored: [...ignored],
    tensors: checkpoint.tensors.size
  })
  const { architecture, recognition } = recogniseAny(tensors, options.architecture)
  const { targets } = recognition
  const missing = [...targets.keys()].filter((name) => !tensors.has(name))
  const unexpected = [...tensors.keys()].filter((name) => !targets.has(name))
  report.update({
    architecture: recognition.description,
    family: recognition.family,
    architectureChoices: [...architecture.choices],
    matched: targets.size - missing.length,
    missing,
    unexpected
  })
  checkTensors(tensors, recognition, missing, unexpected)
  const loaded = new Map<string, { shape: readonly number[]; values: Float32Array }>()
  for (const name of targets.keys()) {
    const entry = tensors.get(name)
    if (entry !== undefined) loaded.set(name, { shape: entry.shape, values: await entry.read() })
  }
  const model = recognition.build((name) => {
    const tensor = loaded.get(name)
    if (tensor === undefined) throw new Error(`tensor "${name}" was not declared as a target`)
    return tensor
  })
  return {
    model,
    inputSize: recognition.inputSize,
    warnings: [
      ...recognition.notes,
      ...(unexpected.length === 0
        ? []
        : [
            {
              code: 'tensors-left-over',
              message: `${String(unexpected.length)} tensors are not part of the classifier and were left out, e.g. "${unexpected[0] ?? ''}".`
            }
          ])
    ]
  }
}

function checkTensors(
  tensors: Unwrapped['tensors'],
  { targets, owns, description }: Recognition,
  missing: readonly string[],
  unexpected: readonly string[]
): void {
  if (missing.length > 0) {
    throw new LinchpinError(
      'TENSORS_MISSING',
      `${description} needs ${String(targets.size)} tensors, ${String(missing.length)} are missing: ${shorten(missing)}.`,
      { details: missing }
    )
  }
  const wrong = [...targets].flatMap(([name, shape]) => {
    const found = tensors.get(name)?.shape ?? []
    const same = found.length === shape.length && found.every((size, i) => size === shape[i])
    return same ? [] : [`"${name}" is [${found.join(', ')}], expected [${shape.join(', ')}]`]
  })
  if (wrong.length > 0) throw new LinchpinError('TENSOR_SHAPE', `${shorten(wrong)}.`, { details: wrong })
  const foreign = unexpected.filter((name) => owns(name))
  if (foreign.length > 0) {
    throw new LinchpinError(
      'TENSORS_UNEXPECTED',
      `${description} has no ${shorten(foreign)}: it is another architecture.`,
      { details: foreign, fix: 'Export the model to ONNX and import that.' }
    )
  }
}

function shorten(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${String(names.length - 5)} more` : shown
}

function checkFinite(layers: readonly GraphLayer[], report: Report): void {
  const bad = layers.flatMap((layer) =>
    layer.tensors.flatMap((tensor) => {
      const count = tensor.read().reduce((sum, value) => (Number.isFinite(value) ? sum : sum + 1), 0)
      return count === 0 ? [] : [`"${tensor.name}" has ${String(count)} values that are not finite`]
    })
  )
  if (bad.length === 0) return
  report.update({ warnings: [{ code: 'nan-weights', message: `${shorten(bad)}.` }] })
  throw new LinchpinError('TENSOR_NOT_FINITE', `${shorten(bad)}.`, {
    details: bad,
    fix: 'The training diverged or the file is damaged: take an earlier checkpoint.'
  })
}

function graphFacts(model: OnnxModel, layers: readonly GraphLayer[]): Partial<Inspection> {
  const tensors = layers.reduce((sum, layer) => sum + layer.tensors.length, 0)
  return {
    architecture: `ONNX graph of ${String(model.graph.node.length)} nodes`,
    family: familyOf(layers),
    tensors: model.graph.initializer.length,
    matched: tensors
  }
}

/** A graph whose layers have a ResNet's names came from one: its fresh parameters are drawn as a ResNet's. */
function familyOf(layers: readonly GraphLayer[]): string | null {
  const names = new Set(layers.map(({ name }) => name))
  return ['conv1', 'layer1.0.conv1', 'layer1.0.conv2', 'fc'].every((name) => names.has(name))
    ? 'resnet'
    : null
}

function layerInfo({ name, kind, shape, parameters, macs, stage, block }: GraphLayer): LayerInfo {
  return { name, kind, shape, parameters, macs, stage, block }
}
