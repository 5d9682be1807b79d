/** Readings of named tensors: every family, under its own names and its dialects', compared by how well they fit. */
import type { Normalization, UnwrapStep } from '@shared/contract/model'
import { ARCHITECTURES } from './registry'
import type { Architecture, Hints, NamedTensors, Recognition, TensorShapes, Translation } from './types'

/** One way to understand a set of tensors. */
export interface Reading {
  readonly architecture: Architecture
  readonly hints: Hints
  readonly recognition: Recognition
  /** By the family's own names. */
  readonly tensors: NamedTensors
  /** Whether the names were translated. */
  readonly translated: boolean
  readonly steps: readonly UnwrapStep[]
  /** What the naming implies; null: nothing. */
  readonly normalization: Pick<Normalization, 'mean' | 'std'> | null
  readonly fit: Fit
}

/** Targets and tensors, compared. */
export interface Fit {
  /** Targets that are not there, the classifier's among them. */
  readonly missing: readonly string[]
  /** Whether the classifier is not there at all. */
  readonly headless: boolean
  /** Targets whose tensor has another shape. */
  readonly wrong: readonly string[]
  /** Tensors that are no targets. */
  readonly unexpected: readonly string[]
  /** Those of them that would change the network. */
  readonly foreign: readonly string[]
  /** What keeps the network from being built, a classifier that is not there aside. */
  readonly problems: number
}

/** The best reading; null: no family knows these names. @throws OPTION_INVALID. */
export function readTensors(tensors: NamedTensors, hints: Hints): Reading | null {
  const family = hints.choice?.split(':')[0]
  let best: Reading | null = null
  for (const architecture of ARCHITECTURES) {
    if (family !== undefined && architecture.family !== family) continue
    for (const reading of readingsOf(architecture, tensors, hints)) {
      if (best === null || isBetter(reading, best)) best = reading
      if (best.fit.problems === 0 && !best.fit.headless) return best
    }
  }
  return best
}

/** The same reading of other tensors, e.g. with a classifier that was found elsewhere. */
export function readAgain(reading: Reading, tensors: NamedTensors): Reading {
  const { architecture, hints } = reading
  const recognition = architecture.recognise(shapesOf(tensors), hints) ?? reading.recognition
  return { ...reading, tensors, recognition, fit: fitOf(tensors, recognition) }
}

function* readingsOf(architecture: Architecture, tensors: NamedTensors, hints: Hints): Generator<Reading> {
  const plain = readingOf(architecture, { tensors, steps: [] }, hints, false)
  if (plain !== null) yield plain
  for (const dialect of architecture.dialects) {
    const translation = dialect.translate(tensors)
    const reading = translation === null ? null : readingOf(architecture, translation, hints, true)
    if (reading !== null) yield reading
  }
}

function readingOf(
  architecture: Architecture,
  { tensors, steps, normalization, hints: implied }: Translation,
  given: Hints,
  translated: boolean
): Reading | null {
  const choice = given.choice === architecture.family ? undefined : given.choice
  const hints = { ...given, choice, epsilon: given.epsilon ?? implied?.epsilon, naming: implied?.naming }
  const recognition = architecture.recognise(shapesOf(tensors), hints)
  if (recognition === null) return null
  return {
    architecture,
    hints,
    recognition,
    tensors,
    translated,
    steps,
    normalization: normalization ?? null,
    fit: fitOf(tensors, recognition)
  }
}

export function shapesOf(tensors: NamedTensors): TensorShapes {
  return new Map([...tensors].map(([name, { shape }]) => [name, shape]))
}

function fitOf(tensors: NamedTensors, { targets, classifier, owns, refusal }: Recognition): Fit {
  const inHead = (name: string): boolean => name.startsWith(`${classifier}.`)
  const missing = [...targets.keys()].filter((name) => !tensors.has(name))
  const headless =
    !tensors.has(`${classifier}.weight`) && [...targets.keys()].every((n) => !inHead(n) || !tensors.has(n))
  const wrong = [...targets].filter(([name, shape]) => !sameShape(tensors.get(name)?.shape ?? shape, shape))
  const unexpected = [...tensors.keys()].filter((name) => !targets.has(name))
  // What is called as the classifier is but is none (the projection head of pre-training) can be left out.
  const foreign = unexpected.filter((name) => owns(name) && !(headless && inHead(name)))
  const lacking = headless ? missing.filter((name) => !inHead(name)) : missing
  return {
    missing,
    headless,
    wrong: wrong.map(([name]) => name),
    unexpected,
    foreign,
    problems: lacking.length + wrong.length + foreign.length + (refusal === undefined ? 0 : 1)
  }
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i])
}

export function isBetter(a: Reading, b: Reading): boolean {
  if (a.fit.problems !== b.fit.problems) return a.fit.problems < b.fit.problems
  if (a.fit.headless !== b.fit.headless) return b.fit.headless
  return a.recognition.targets.size > b.recognition.targets.size
}
