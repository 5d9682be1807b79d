/** From named tensors to a network: wrappers off, family recognised, every tensor accounted for, graph built. */
import type { ModelOptions } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'
import type { StateDictCheckpoint } from '../checkpoints'
import { normalizationOf, normalizationWarnings } from './normalization'
import { ARCHITECTURES } from './registry'
import type { Report } from './report'
import { shorten } from './text'
import type { Architecture, Hints, LoadedTensors, NamedTensors, Recognition } from './types'
import type { Network } from './network'
import { unwrap } from './unwrap'

/** @throws ARCHITECTURE_UNKNOWN, TENSORS_MISSING, TENSORS_UNEXPECTED, TENSOR_SHAPE, OPTION_INVALID. */
export async function fromStateDict(
  checkpoint: StateDictCheckpoint,
  options: ModelOptions,
  report: Report
): Promise<Network> {
  const normalization = normalizationOf(options)
  report.update({ normalization })
  report.warn(...normalizationWarnings(normalization))
  const { tensors, prefixes, ignored } = unwrap(checkpoint.tensors)
  report.update({
    unwrapped: checkpoint.container === null ? [] : [checkpoint.container],
    prefixes: [...prefixes],
    ignored: [...ignored],
    tensors: checkpoint.tensors.size
  })
  const hints = { choice: options.architecture, heads: options.heads, config: checkpoint.config }
  const { architecture, recognition } = recogniseAny(tensors, hints)
  const { targets } = recognition
  const missing = [...targets.keys()].filter((name) => !tensors.has(name))
  const unexpected = [...tensors.keys()].filter((name) => !targets.has(name))
  report.update({
    architecture: recognition.description,
    family: recognition.family,
    architectureChoices: [...architecture.choices],
    heads: recognition.heads,
    matched: targets.size - missing.length,
    missing,
    unexpected
  })
  checkTensors(tensors, recognition, missing, unexpected)
  const model = recognition.build(await loadTensors(tensors, targets.keys()))
  report.warn(
    ...recognition.notes,
    ...(unexpected.length === 0
      ? []
      : [
          {
            code: 'tensors-left-over',
            message: `${String(unexpected.length)} tensors are not part of the classifier and were left out, e.g. "${unexpected[0] ?? ''}".`
          }
        ])
  )
  return { model, inputSize: recognition.inputSize }
}

async function loadTensors(tensors: NamedTensors, names: Iterable<string>): Promise<LoadedTensors> {
  const loaded = new Map<string, Float32Array>()
  for (const name of names) {
    const entry = tensors.get(name)
    if (entry !== undefined) loaded.set(name, await entry.read())
  }
  const bug = (name: string): Error => new Error(`tensor "${name}" is no target, or was taken before`)
  return {
    shape(name) {
      const entry = tensors.get(name)
      if (entry === undefined) throw bug(name)
      return entry.shape
    },
    take(name) {
      const values = loaded.get(name)
      if (values === undefined) throw bug(name)
      loaded.delete(name)
      return values
    }
  }
}

function recogniseAny(
  tensors: NamedTensors,
  hints: Hints
): {
  readonly architecture: Architecture
  readonly recognition: Recognition
} {
  const { choice } = hints
  const shapes = new Map([...tensors].map(([name, entry]) => [name, entry.shape]))
  const family = choice?.split(':')[0]
  if (choice !== undefined && !ARCHITECTURES.some((a) => a.family === choice || a.choices.includes(choice))) {
    const known = ARCHITECTURES.flatMap((a) => [a.family, ...a.choices]).join(', ')
    throw new LinchpinError('OPTION_INVALID', `The architecture "${choice}" is not known; known: ${known}.`)
  }
  for (const architecture of ARCHITECTURES) {
    if (family !== undefined && architecture.family !== family) continue
    const recognition = architecture.recognise(shapes, {
      ...hints,
      choice: choice === architecture.family ? undefined : choice
    })
    if (recognition !== null) return { architecture, recognition }
  }
  const names = [...tensors.keys()]
  throw new LinchpinError(
    'ARCHITECTURE_UNKNOWN',
    `Its ${String(names.length)} tensors begin with "${names.slice(0, 3).join('", "')}".`,
    { details: names, fix: 'Export the model to ONNX and import that.' }
  )
}

function checkTensors(
  tensors: NamedTensors,
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
