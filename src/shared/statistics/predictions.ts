/**
 * How much predictions changed. Logits come as float32 rows [N, C]; all sums are in float64. Formulas: docs/method.md.
 */
import type { Metrics } from '../contract/measurement'

/** log softmax of one row of logits, written into `out`. */
export function logSoftmax(logits: Float32Array, start: number, classes: number, out: Float64Array): void {
  let largest = -Infinity
  for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[start + c] ?? NaN)
  let sum = 0
  for (let c = 0; c < classes; c++) sum += Math.exp((logits[start + c] ?? NaN) - largest)
  const log = Math.log(sum) + largest
  for (let c = 0; c < classes; c++) out[c] = (logits[start + c] ?? NaN) - log
}

/** Class of the largest value of a row. Ties go to the lower class. */
export function argmax(values: Float32Array, start: number, classes: number): number {
  let best = 0
  for (let c = 1; c < classes; c++) if ((values[start + c] ?? NaN) > (values[start + best] ?? NaN)) best = c
  return best
}

/** How many classes stand before `label`; ties stand in the order of classes. */
function rankOf(values: Float32Array, start: number, classes: number, label: number): number {
  const own = values[start + label] ?? NaN
  let rank = 0
  for (let c = 0; c < classes; c++) {
    const value = values[start + c] ?? NaN
    if (value > own || (value === own && c < label)) rank++
  }
  return rank
}

export interface Accuracy {
  /** Fractions. */
  readonly top1: number
  readonly top5: number
  /** Cross-entropy in nats. */
  readonly loss: number
}

/** @param labels one per row. */
export function accuracyOf(logits: Float32Array, classes: number, labels: readonly number[]): Accuracy {
  const log = new Float64Array(classes)
  let top1 = 0
  let top5 = 0
  let loss = 0
  labels.forEach((label, row) => {
    const rank = rankOf(logits, row * classes, classes, label)
    if (rank < 1) top1++
    if (rank < 5) top5++
    logSoftmax(logits, row * classes, classes, log)
    loss -= log[label] ?? NaN
  })
  const n = labels.length
  return { top1: top1 / n, top5: top5 / n, loss: loss / n }
}

export interface Comparison {
  readonly metrics: Metrics
  /** Cosine distance of the softmax outputs, image by image. */
  readonly distances: Float32Array
}

/**
 * Compares the original's and the perturbed model's logits, [N, C] each.
 * @param labels one per image, or null.
 */
export function comparePredictions(
  original: Float32Array,
  perturbed: Float32Array,
  classes: number,
  labels: readonly number[] | null
): Comparison {
  const n = original.length / classes
  const distances = new Float32Array(n)
  const logP = new Float64Array(classes)
  const logQ = new Float64Array(classes)
  const sums = { distance: 0, l1: 0, l2: 0, agreement: 0, kl: 0, js: 0, cross: 0 }
  for (let row = 0; row < n; row++) {
    const start = row * classes
    logSoftmax(original, start, classes, logP)
    logSoftmax(perturbed, start, classes, logQ)
    const image = compareRow(logP, logQ)
    distances[row] = image.distance
    sums.distance += image.distance
    sums.l1 += image.l1
    sums.l2 += image.l2
    sums.kl += image.kl
    sums.js += image.js
    for (let c = 0; c < classes; c++) sums.cross -= (perturbed[start + c] ?? NaN) * (logP[c] ?? NaN)
    if (argmax(original, start, classes) === argmax(perturbed, start, classes)) sums.agreement++
  }
  const before = labels === null ? null : accuracyOf(original, classes, labels)
  const after = labels === null ? null : accuracyOf(perturbed, classes, labels)
  return {
    distances,
    metrics: {
      cosineSimilarity: 1 - sums.distance / n,
      criticality: sums.distance / n,
      l1: sums.l1 / n,
      l2: sums.l2 / n,
      agreement: sums.agreement / n,
      kl: sums.kl / n,
      js: sums.js / n,
      crossEntropyOfLogits: sums.cross / n,
      top1: after?.top1 ?? null,
      top5: after?.top5 ?? null,
      loss: after?.loss ?? null,
      recoveredAccuracy:
        before === null || after === null || before.top1 === 0 ? null : after.top1 / before.top1
    }
  }
}

/** @returns distances of two distributions given by their logarithms. */
function compareRow(
  logP: Float64Array,
  logQ: Float64Array
): { distance: number; l1: number; l2: number; kl: number; js: number } {
  let pp = 0
  let qq = 0
  let l1 = 0
  let squares = 0
  let kl = 0
  let js = 0
  for (let c = 0; c < logP.length; c++) {
    const lp = logP[c] ?? NaN
    const lq = logQ[c] ?? NaN
    const p = Math.exp(lp)
    const q = Math.exp(lq)
    pp += p * p
    qq += q * q
    l1 += Math.abs(p - q)
    squares += (p - q) ** 2
    if (p > 0) kl += p * (lp - lq)
    // Exact where p = q: the logarithm of the exponential need not be.
    const middle = p === q ? lp : Math.log((p + q) / 2)
    if (p > 0) js += (p * (lp - middle)) / 2
    if (q > 0) js += (q * (lq - middle)) / 2
  }
  // ½‖p/‖p‖ − q/‖q‖‖² is 1 − cos, and exact where p = q.
  const normP = Math.sqrt(pp)
  const normQ = Math.sqrt(qq)
  let distance = 0
  for (let c = 0; c < logP.length; c++) {
    distance += (Math.exp(logP[c] ?? NaN) / normP - Math.exp(logQ[c] ?? NaN) / normQ) ** 2
  }
  return { distance: distance / 2, l1, l2: Math.sqrt(squares), kl: Math.max(0, kl), js: Math.max(0, js) }
}
