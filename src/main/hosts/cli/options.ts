import { InvalidArgumentError } from 'commander'
import { LAYER_KINDS, type LayerKind, type ModelOptions } from '@shared/contract/model'

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

export interface ReadingOptions {
  readonly architecture?: string
  readonly mean?: number[]
  readonly std?: number[]
}

export function modelOptions({ architecture, mean, std }: ReadingOptions): ModelOptions {
  return {
    ...(architecture === undefined ? {} : { architecture }),
    ...(mean === undefined ? {} : { mean }),
    ...(std === undefined ? {} : { std })
  }
}
