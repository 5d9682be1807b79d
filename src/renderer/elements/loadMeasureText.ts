/** A check's numbers in short, each with its unit. */
import type { LoadMeasure } from '@shared/contract/loading'
import { percent, plural } from '../state/format'

export const top1Text = ({ top1 }: LoadMeasure): string => (top1 === null ? 'not known' : percent(top1))

/** `(+74.2 points)` against another reading. */
export function top1Difference(measure: LoadMeasure, other: LoadMeasure): string {
  if (measure.top1 === null || other.top1 === null) return ''
  const difference = (measure.top1 - other.top1) * 100
  return `(${difference < 0 ? '−' : '+'}${Math.abs(difference).toFixed(1)} points)`
}

export const entropyText = ({ entropy, uniformEntropy }: LoadMeasure): string =>
  entropy === null ? 'undefined' : `${entropy.toFixed(2)} of ${uniformEntropy.toFixed(2)} nats`

/** Two significant digits, never with an exponent. */
function factorText(factor: number): string {
  const rounded = Number(factor.toPrecision(2))
  return rounded < 100 ? factor.toPrecision(2) : rounded.toLocaleString('en-US')
}

export const batchNormText = (agreement: LoadMeasure['batchNorms']): string =>
  agreement === null
    ? 'none'
    : `${agreement.meanShift.toFixed(2)} σ, variance × ${factorText(agreement.varianceRatio)}`

/** What no reading that is right has. */
export function oddities({ deadOutputs, notFinite }: LoadMeasure): string[] {
  return [
    ...(deadOutputs > 0 ? [plural(deadOutputs, 'dead output')] : []),
    ...(notFinite > 0 ? [`${plural(notFinite, 'image')} with NaN or infinite logits`] : [])
  ]
}
