/** Weights that are NaN or infinite: a training that diverged, or a damaged file. */
import { LinchpinError } from '@shared/errors'
import type { Report } from './report'
import { shorten } from './text'

/** How many values are NaN or infinite. */
export function countNotFinite(values: Float32Array): number {
  // Finite numbers of single precision have a finite sum in double precision; this is the pass that is always made.
  // Four sums, for a sum waits for the one before it.
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  const end = values.length - (values.length % 4)
  for (let i = 0; i < end; i += 4) {
    a += values[i] ?? 0
    b += values[i + 1] ?? 0
    c += values[i + 2] ?? 0
    d += values[i + 3] ?? 0
  }
  for (let i = end; i < values.length; i++) a += values[i] ?? 0
  if (Number.isFinite(a + b + c + d)) return 0
  let count = 0
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i] ?? 0)) count++
  return count
}

/** ε of batch norms makes up for what is less far below 0. */
const LEAST_VARIANCE = -1e-5

/** Counts per tensor, and the error about all of them. */
export class FiniteCheck {
  readonly #bad: string[] = []

  add(name: string, values: Float32Array): void {
    const count = countNotFinite(values)
    if (count > 0) this.#bad.push(`"${name}" has ${String(count)} values that are not finite`)
    const negative = name.endsWith('running_var')
      ? values.filter((value) => value < LEAST_VARIANCE).length
      : 0
    if (negative > 0) this.#bad.push(`"${name}" has ${String(negative)} negative variances`)
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
