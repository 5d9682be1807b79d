/**
 * How much predictions changed. Logits come as float32 rows [N, C]; all sums are in float64. Formulas: docs/method.md.
 */
import type { Metrics } from '../contract/measurement'

/** Softmax of one row of logits, written into `p`, and its logarithm, into `log`. */
function softmax(
  logits: Float32Array,
  start: number,
  { p, log }: { readonly p: Float64Array; readonly log: Float64Array }
): void {
  const classes = p.length
  let largest = -Infinity
  for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[start + c] ?? NaN)
  let sum = 0
  for (let c = 0; c < classes; c++) {
    const shifted = (logits[start + c] ?? NaN) - largest
    const value = Math.exp(shifted)
    log[c] = shifted
    p[c] = value
    sum += value
  }
  const scale = 1 / sum
  const shift = Math.log(sum)
  for (let c = 0; c < classes; c++) {
    p[c] = (p[c] ?? NaN) * scale
    log[c] = (log[c] ?? NaN) - shift
  }
}

/** log softmax of one row of logits, written into `out`. */
export function logSoftmax(logits: Float32Array, start: number, classes: number, out: Float64Array): void {
  softmax(logits, start, { p: new Float64Array(classes), log: out })
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
  const { ranks, losses } = new ReferencePredictions(logits, classes, labels)
  const n = labels.length
  const share = (within: number): number => (ranks?.filter((rank) => rank < within).length ?? NaN) / n
  return { top1: share(1), top5: share(5), loss: (losses?.reduce((sum, loss) => sum + loss, 0) ?? NaN) / n }
}

/** What is not told apart any more. */
const LARGEST_RANK = 255

/** What the unperturbed network makes of some images, prepared for comparing other predictions with it. */
export class ReferencePredictions {
  readonly classes: number
  /** N. */
  readonly images: number
  readonly labels: readonly number[] | null
  /** How many classes stand before the label, 255 at most. */
  readonly ranks: Uint8Array | null
  /** Cross-entropy in nats. */
  readonly losses: Float64Array | null
  /** Softmax and its logarithm, [N, C]. */
  private readonly p: Float64Array
  private readonly log: Float64Array
  private readonly norms: Float64Array
  private readonly best: Uint32Array

  /** @param labels one per image, or null. */
  constructor(logits: Float32Array, classes: number, labels: readonly number[] | null) {
    this.classes = classes
    this.images = logits.length / classes
    this.labels = labels
    this.p = new Float64Array(logits.length)
    this.log = new Float64Array(logits.length)
    this.norms = new Float64Array(this.images)
    this.best = new Uint32Array(this.images)
    this.ranks = labels === null ? null : new Uint8Array(this.images)
    this.losses = labels === null ? null : new Float64Array(this.images)
    for (let row = 0; row < this.images; row++) {
      const start = row * classes
      const { p, log } = this.row(row)
      softmax(logits, start, { p, log })
      this.norms[row] = Math.sqrt(p.reduce((sum, value) => sum + value * value, 0))
      this.best[row] = argmax(logits, start, classes)
      const label = labels?.[row]
      if (label === undefined || this.ranks === null || this.losses === null) continue
      this.ranks[row] = Math.min(LARGEST_RANK, rankOf(logits, start, classes, label))
      this.losses[row] = -(log[label] ?? NaN)
    }
  }

  /** Shares memory. */
  row(row: number): { readonly p: Float64Array; readonly log: Float64Array } {
    const [from, to] = [row * this.classes, (row + 1) * this.classes]
    return { p: this.p.subarray(from, to), log: this.log.subarray(from, to) }
  }

  /** ‖p‖ of a row. */
  norm(row: number): number {
    return this.norms[row] ?? NaN
  }

  argmax(row: number): number {
    return this.best[row] ?? 0
  }
}

export interface Comparison {
  readonly metrics: Metrics
  /** Cosine distance of the softmax outputs, image by image. */
  readonly distances: Float32Array
}

/** Compares perturbed predictions with the unperturbed ones, some images after others. */
export class PredictionComparison {
  private readonly distances: number[] = []
  private readonly sums = { distance: 0, l1: 0, l2: 0, agreement: 0, kl: 0, js: 0, cross: 0 }
  private readonly labelled = { images: 0, top1: 0, top5: 0, loss: 0, before: 0 }

  /** @param logits [N, C] of the reference's N images; further rows are left aside. */
  add(reference: ReferencePredictions, logits: Float32Array): void {
    const { classes, images, labels } = reference
    const own = { p: new Float64Array(classes), log: new Float64Array(classes) }
    const { sums, labelled } = this
    for (let row = 0; row < images; row++) {
      const start = row * classes
      const original = reference.row(row)
      softmax(logits, start, own)
      const image = compareRow(original, own, reference.norm(row))
      this.distances.push(image.distance)
      sums.distance += image.distance
      sums.l1 += image.l1
      sums.l2 += image.l2
      sums.kl += image.kl
      sums.js += image.js
      for (let c = 0; c < classes; c++) sums.cross -= (logits[start + c] ?? NaN) * (original.log[c] ?? NaN)
      if (reference.argmax(row) === argmax(logits, start, classes)) sums.agreement++
      const label = labels?.[row]
      if (label === undefined) continue
      const rank = rankOf(logits, start, classes, label)
      labelled.images++
      if (rank < 1) labelled.top1++
      if (rank < 5) labelled.top5++
      labelled.loss -= own.log[label] ?? NaN
      if (reference.ranks?.[row] === 0) labelled.before++
    }
  }

  finish(): Comparison {
    const { sums, labelled } = this
    const n = this.distances.length
    const of = (sum: number): number | null => (labelled.images === 0 ? null : sum / labelled.images)
    return {
      distances: Float32Array.from(this.distances),
      metrics: {
        cosineSimilarity: 1 - sums.distance / n,
        criticality: sums.distance / n,
        l1: sums.l1 / n,
        l2: sums.l2 / n,
        agreement: sums.agreement / n,
        kl: sums.kl / n,
        js: sums.js / n,
        crossEntropyOfLogits: sums.cross / n,
        top1: of(labelled.top1),
        top5: of(labelled.top5),
        loss: of(labelled.loss),
        recoveredAccuracy: labelled.before === 0 ? null : labelled.top1 / labelled.before,
        originalTop1: of(labelled.before)
      }
    }
  }
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
  const comparison = new PredictionComparison()
  comparison.add(new ReferencePredictions(original, classes, labels), perturbed)
  return comparison.finish()
}

interface Row {
  readonly p: Float64Array
  readonly log: Float64Array
}

/** @returns distances of two distributions. @param normP ‖p‖ of the first. */
function compareRow(
  before: Row,
  after: Row,
  normP: number
): { distance: number; l1: number; l2: number; kl: number; js: number } {
  const classes = before.p.length
  let qq = 0
  let l1 = 0
  let squares = 0
  let kl = 0
  let js = 0
  for (let c = 0; c < classes; c++) {
    const p = before.p[c] ?? NaN
    const q = after.p[c] ?? NaN
    const lp = before.log[c] ?? NaN
    const lq = after.log[c] ?? NaN
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
  const normQ = Math.sqrt(qq)
  let distance = 0
  for (let c = 0; c < classes; c++) {
    distance += ((before.p[c] ?? NaN) / normP - (after.p[c] ?? NaN) / normQ) ** 2
  }
  return { distance: distance / 2, l1, l2: Math.sqrt(squares), kl: Math.max(0, kl), js: Math.max(0, js) }
}
