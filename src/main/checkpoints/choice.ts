/** Which of a file's state dicts the user has chosen. */
import { basename } from 'node:path'
import { LinchpinError } from '@shared/errors'
import type { OpenOptions } from './types'

/**
 * The one of this name, or the first where none is asked for.
 * @throws OPTION_INVALID, with the names that there are.
 */
export function chosenOf<T extends { readonly name: string }>(
  path: string,
  choices: readonly [T, ...T[]],
  { weights }: OpenOptions
): T {
  if (weights === undefined) return choices[0]
  const chosen = choices.find(({ name }) => name === weights)
  if (chosen !== undefined) return chosen
  const names = choices.map(({ name }) => name).filter((name) => name !== '')
  throw weightsUnknown(path, weights, names)
}

/** For a format that has one set of weights. @throws OPTION_INVALID when another is asked for. */
export function refuseChoice(path: string, { weights }: OpenOptions): void {
  if (weights !== undefined) throw weightsUnknown(path, weights, [])
}

function weightsUnknown(path: string, weights: string, names: readonly string[]): LinchpinError {
  const found =
    names.length === 0
      ? 'it has one set of weights, without a name'
      : `it has ${names.map((name) => `"${name}"`).join(', ')}`
  return new LinchpinError('OPTION_INVALID', `"${basename(path)}" has no weights "${weights}"; ${found}.`, {
    details: names,
    fix: names.length === 0 ? 'Leave out the choice of weights.' : 'Choose one of these.'
  })
}
