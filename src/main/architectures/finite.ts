/** Weights that are NaN or infinite: a training that diverged, or a damaged file. */
import { LinchpinError } from '@shared/errors'
import type { Report } from './report'
import { shorten } from './text'

const EXPONENT = 0x7f800000

/** How many values are NaN or infinite: those whose exponent has all its bits set. */
export function countNotFinite(values: Float32Array): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  let count = 0
  for (let i = 0; i < bits.length; i++) if (((bits[i] ?? 0) & EXPONENT) === EXPONENT) count++
  return count
}

/** Counts per tensor, and the error about all of them. */
export class FiniteCheck {
  readonly #bad: string[] = []

  add(name: string, values: Float32Array): void {
    const count = countNotFinite(values)
    if (count > 0) this.#bad.push(`"${name}" has ${String(count)} values that are not finite`)
  }

  /** @throws TENSOR_NOT_FINITE. */
  finish(report: Report): void {
    if (this.#bad.length === 0) return
    const message = `${shorten(this.#bad)}.`
    report.warn({ code: 'nan-weights', message })
    throw new LinchpinError('TENSOR_NOT_FINITE', message, {
      details: this.#bad,
      fix: 'The training diverged or the file is damaged: take an earlier checkpoint.'
    })
  }
}
