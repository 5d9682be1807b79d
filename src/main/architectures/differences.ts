/** What a network needs and what a file has, where the two differ. */
import { LinchpinError } from '@shared/errors'
import type { Reading } from './reading'
import { shorten } from './text'
import type { NamedTensors, Recognition } from './types'

const EXPORT = 'Export the model to ONNX and import that.'
/** Lines about missing tensors, and about those left over. */
const MOST_LINES = 200
/** Names that are compared with each missing one: more would make a hostile file slow. */
const MOST_COMPARED = 1000
/** Below this two names have little in common. */
const ALIKE = 0.4

/**
 * Every target must be there, in its shape, and nothing else that would change the network.
 * @throws ARCHITECTURE_UNKNOWN, TENSORS_MISSING, TENSOR_SHAPE, TENSORS_UNEXPECTED.
 */
export function checkTensors({ tensors, recognition, fit }: Reading): void {
  const { targets, description, refusal, unlike } = recognition
  const { missing, wrong, foreign, unexpected } = fit
  if (unlike !== undefined) {
    throw new LinchpinError(
      'ARCHITECTURE_UNKNOWN',
      `Its tensors are those of ${description}, but its config or the file itself names ${unlike}, which computes something else with them.`,
      { fix: `${EXPORT} If that is wrong, choose how to read the file ("${recognition.choice}").` }
    )
  }
  if (refusal !== undefined) {
    throw new LinchpinError('TENSORS_UNEXPECTED', `It is a relative of ${description} with ${refusal}.`, {
      details: missing.length > 0 ? differences(tensors, recognition, missing, unexpected) : foreign,
      fix: EXPORT
    })
  }
  if (missing.length > 0) {
    const left = unexpected.length === 0 ? '' : ` Left over: ${shorten(unexpected)}.`
    throw new LinchpinError(
      'TENSORS_MISSING',
      `${description} needs ${String(targets.size)} tensors, ${String(missing.length)} are missing: ${shorten(missing)}.${left}`,
      { details: differences(tensors, recognition, missing, unexpected) }
    )
  }
  if (wrong.length > 0) {
    const lines = wrong.map(
      (name) => `"${name}" is ${text(tensors.get(name)?.shape)}, expected ${text(targets.get(name))}`
    )
    throw new LinchpinError('TENSOR_SHAPE', `${shorten(lines)}.`, { details: lines })
  }
  if (foreign.length > 0) {
    throw new LinchpinError(
      'TENSORS_UNEXPECTED',
      `${description} has no ${shorten(foreign)}: it is another architecture.`,
      { details: foreign, fix: EXPORT }
    )
  }
}

/** A line for each tensor that is missing, with the one left over that is most like it; then those left over. */
function differences(
  tensors: NamedTensors,
  { targets }: Recognition,
  missing: readonly string[],
  unexpected: readonly string[]
): string[] {
  const compared = unexpected.slice(0, MOST_COMPARED).map((name) => ({ name, pairs: pairsOf(name) }))
  const lines = missing.slice(0, MOST_LINES).map((name) => {
    const shape = text(targets.get(name))
    const nearest = nearestName(name, shape, compared, (other) => text(tensors.get(other)?.shape))
    const found =
      nearest === null ? '' : `; nearest left over: "${nearest}" ${text(tensors.get(nearest)?.shape)}`
    return `"${name}" ${shape} is missing${found}`
  })
  const left = unexpected
    .slice(0, MOST_LINES)
    .map((name) => `"${name}" ${text(tensors.get(name)?.shape)} is left over`)
  return [
    ...lines,
    ...andMore(missing.length - lines.length, 'missing'),
    ...left,
    ...andMore(unexpected.length - left.length, 'left over')
  ]
}

function andMore(count: number, what: string): string[] {
  return count > 0 ? [`${String(count)} more are ${what}`] : []
}

interface Compared {
  readonly name: string
  readonly pairs: ReadonlySet<string>
}

/** Same shape and much the same letters. */
function nearestName(
  name: string,
  shape: string,
  others: readonly Compared[],
  shapeOf: (name: string) => string
): string | null {
  const own = pairsOf(name)
  let best: string | null = null
  let most = ALIKE
  for (const other of others) {
    let shared = 0
    for (const pair of own) if (other.pairs.has(pair)) shared++
    const likeness = (2 * shared) / (own.size + other.pairs.size) + (shapeOf(other.name) === shape ? 0.5 : 0)
    if (likeness > most) {
      most = likeness
      best = other.name
    }
  }
  return best
}

/** Neighbouring letters, as Dice's coefficient compares words. */
function pairsOf(name: string): ReadonlySet<string> {
  return new Set(Array.from({ length: Math.max(0, name.length - 1) }, (_, i) => name.slice(i, i + 2)))
}

function text(shape: readonly number[] = []): string {
  return `[${shape.join(', ')}]`
}
