/** What a network's outputs on a few images say about whether it was loaded right. */
import type { LoadMeasure } from '../contract/loading'
import { networkAgreement, type LayerAgreement } from './batch-norm-agreement'
import { mean } from './descriptive'
import { argmax, logSoftmax } from './predictions'

/** One reading of a file, on the images. */
export interface LoadReading {
  readonly measure: LoadMeasure
  /** Per image; null where the logits are not finite. */
  readonly predicted: readonly (number | null)[]
  /** Per image; null without labels that fit the classes. */
  readonly correct: readonly boolean[] | null
}

/** Float32 rounding of one and the same value; what a network computes for different images differs by far more. */
const SAME = 1e-6

/** How far from 1 the sum of float32 probabilities may be. */
const SUM_TOLERANCE = 1e-3

/**
 * @param logits [n, classes]; rows of probabilities are taken as such.
 * @param labels one per row, or null where there are none that fit.
 */
export function readLogits(
  logits: Float32Array,
  classes: number,
  labels: readonly number[] | null,
  norms: readonly LayerAgreement[]
): LoadReading {
  const rows = Array.from({ length: logits.length / classes }, (_, row) =>
    logits.subarray(row * classes, (row + 1) * classes)
  )
  const finite = rows.filter(isFiniteRow)
  const predicted = rows.map((row) => (isFiniteRow(row) ? argmax(row, 0, classes) : null))
  const entropy = finite.every(isDistribution) ? entropyOf : entropyOfLogits
  return relabelled(
    {
      predicted,
      correct: null,
      measure: {
        top1: null,
        entropy: finite.length === 0 ? null : mean(finite.map(entropy)),
        uniformEntropy: Math.log(classes),
        deadOutputs: deadOutputs(finite, classes),
        notFinite: rows.length - finite.length,
        predictedClasses: new Set(predicted.filter((one) => one !== null)).size,
        batchNorms: networkAgreement(norms)
      }
    },
    labels
  )
}

/** The same outputs against other labels. */
export function relabelled(reading: LoadReading, labels: readonly number[] | null): LoadReading {
  const correct = labels === null ? null : reading.predicted.map((one, i) => one === labels[i])
  return withCorrect(reading, correct)
}

export function withCorrect(reading: LoadReading, correct: readonly boolean[] | null): LoadReading {
  const top1 = correct === null ? null : countTrue(correct) / correct.length
  return { ...reading, correct, measure: { ...reading.measure, top1 } }
}

export function countTrue(values: readonly boolean[]): number {
  return values.filter(Boolean).length
}

function isFiniteRow(row: Float32Array): boolean {
  return row.every((value) => Number.isFinite(value))
}

function isDistribution(row: Float32Array): boolean {
  return (
    row.every((value) => value >= 0) &&
    Math.abs(row.reduce((sum, value) => sum + value, 0) - 1) < SUM_TOLERANCE
  )
}

/** In nats. */
function entropyOf(probabilities: Float32Array): number {
  return probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0)
}

function entropyOfLogits(logits: Float32Array): number {
  const log = new Float64Array(logits.length)
  logSoftmax(logits, 0, logits.length, log)
  // exp(−∞) · −∞ is no number; its limit is 0.
  return log.reduce((sum, value) => (value < -700 ? sum : sum - Math.exp(value) * value), 0)
}

/** One image tells nothing: every output is the same then. */
function deadOutputs(rows: readonly Float32Array[], classes: number): number {
  if (rows.length < 2) return 0
  let dead = 0
  for (let c = 0; c < classes; c++) {
    const values = rows.map((row) => row[c] ?? NaN)
    const [least, most] = [Math.min(...values), Math.max(...values)]
    if (most - least <= SAME * Math.max(Math.abs(least), Math.abs(most))) dead++
  }
  return dead
}
