import { LinchpinError } from '@shared/errors'

/** @throws LinchpinError CANCELLED when the signal has fired. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new LinchpinError('CANCELLED', 'The work on the images was stopped.')
}

/** The first lines of a list for an error's details, and how many more there are. */
export function firstOf(lines: readonly string[], limit = 20): string[] {
  return lines.length <= limit ? [...lines] : [...lines.slice(0, limit), `… and ${lines.length - limit} more`]
}
