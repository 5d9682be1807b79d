/** Against PyTorch in float64: test/fixtures/make_metrics.py. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Metrics } from '@shared/contract/measurement'
import { accuracyOf, comparePredictions } from '@shared/statistics'
import { fixture } from '../../support/golden'
import { irregular } from '../../support/forward'

type PerImage = Record<
  'cosine_distance' | 'l1' | 'l2' | 'agreement' | 'kl' | 'js' | 'top1' | 'top5' | 'loss' | 'pred_ce_loss',
  number[]
>

const reference = JSON.parse(readFileSync(fixture('metrics/expected.json'), 'utf8')) as {
  original_logits: number[][]
  perturbed_logits: number[][]
  labels: number[]
  per_image: PerImage
  mean: Record<keyof PerImage | 'original_top1' | 'original_loss' | 'recovered_accuracy', number>
}

const names: Partial<Record<keyof PerImage, keyof Metrics>> = {
  cosine_distance: 'criticality',
  l1: 'l1',
  l2: 'l2',
  agreement: 'agreement',
  kl: 'kl',
  js: 'js',
  top1: 'top1',
  top5: 'top5',
  loss: 'loss',
  pred_ce_loss: 'crossEntropyOfLogits'
}
const metricNames = Object.entries(names) as [keyof PerImage, keyof Metrics][]
const { original_logits: before, perturbed_logits: after, labels } = reference
const classes = before[0]!.length
const flat = (rows: number[][]): Float32Array => Float32Array.from(rows.flat())

/** Relative to the value, absolute below 1: logarithms and exponentials differ in their last bits. */
function expectNear(actual: number | null, wanted: number, what: string): void {
  expect(Math.abs(actual! - wanted), what).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(wanted)))
}

it('every metric of every image is PyTorch’s', () => {
  expect(before.length).toBe(7)
  before.forEach((row, image) => {
    const { metrics, distances } = comparePredictions(flat([row]), flat([after[image]!]), classes, [
      labels[image]!
    ])
    for (const [theirs, ours] of metricNames)
      expectNear(metrics[ours], reference.per_image[theirs][image]!, `${ours}, image ${image}`)
    expect(distances).toEqual(Float32Array.of(reference.per_image.cosine_distance[image]!))
  })
})

it('every metric of all images is the mean', () => {
  const { metrics, distances } = comparePredictions(flat(before), flat(after), classes, labels)
  for (const [theirs, ours] of metricNames) expectNear(metrics[ours], reference.mean[theirs], ours)
  expectNear(metrics.cosineSimilarity, 1 - reference.mean.cosine_distance, 'cosineSimilarity')
  expectNear(metrics.recoveredAccuracy, reference.mean.recovered_accuracy, 'recoveredAccuracy')
  expect(distances).toEqual(Float32Array.from(reference.per_image.cosine_distance))
})

it('accuracy of the original is PyTorch’s', () => {
  const { top1, loss } = accuracyOf(flat(before), classes, labels)
  expectNear(top1, reference.mean.original_top1, 'top1')
  expectNear(loss, reference.mean.original_loss, 'loss')
})

it('equal predictions measure exactly 0', () => {
  const logits = irregular(40 * 11).map((value) => 30 * value)
  const { metrics, distances } = comparePredictions(logits, logits.slice(), 11, null)
  expect(metrics).toMatchObject({
    criticality: 0,
    cosineSimilarity: 1,
    l1: 0,
    l2: 0,
    kl: 0,
    js: 0,
    agreement: 1
  })
  expect([...distances]).toEqual(Array(40).fill(0))
})

it('a shift of all logits of an image changes no probability', () => {
  const logits = irregular(5 * 7)
  // Powers of two: the sums are exact.
  const coarse = logits.map((value) => Math.round(value * 1024) / 1024)
  const { metrics } = comparePredictions(
    coarse,
    coarse.map((value) => value + 8),
    7,
    null
  )
  expect(metrics.criticality).toBeLessThan(1e-28)
  expect(metrics.l1).toBeLessThan(1e-14)
})

it('without labels, accuracies are unknown and the rest is the same', () => {
  const labelled = comparePredictions(flat(before), flat(after), classes, labels).metrics
  const { metrics } = comparePredictions(flat(before), flat(after), classes, null)
  expect(metrics).toEqual({
    ...labelled,
    top1: null,
    originalTop1: null,
    top5: null,
    loss: null,
    recoveredAccuracy: null
  })
})

it('an original that is always wrong has no recovered accuracy', () => {
  const { metrics } = comparePredictions(Float32Array.of(2, 1), Float32Array.of(0, 1), 2, [1])
  expect(metrics.top1).toBe(1)
  expect(metrics.recoveredAccuracy).toBeNull()
})

describe('ties', () => {
  const zeros = new Float32Array(8)

  it('go to the lower class in top-1 and top-5', () => {
    // Eight equal logits: class c stands at place c, so 0 alone is first and 0 to 4 are among five.
    const top = Array.from({ length: 8 }, (_, label) => accuracyOf(zeros, 8, [label]))
    expect(top.map(({ top1 }) => top1)).toEqual([1, 0, 0, 0, 0, 0, 0, 0])
    expect(top.map(({ top5 }) => top5)).toEqual([1, 1, 1, 1, 1, 0, 0, 0])
    expect(top[3]!.loss).toBeCloseTo(Math.log(8), 14)
  })

  it('go to the lower class in agreement', () => {
    const agreement = (a: number[], b: number[]): number =>
      comparePredictions(Float32Array.from(a), Float32Array.from(b), 3, null).metrics.agreement
    expect(agreement([1, 1, 0], [5, 0, 0])).toBe(1)
    expect(agreement([1, 1, 0], [0, 5, 0])).toBe(0)
  })
})

it('probabilities that vanish keep every metric finite and right', () => {
  // One sure image that becomes sure of another class: p and q have nothing in common.
  const { metrics } = comparePredictions(Float32Array.of(1000, 0), Float32Array.of(0, 1000), 2, [0])
  expect(metrics.criticality).toBeCloseTo(1, 14)
  expect(metrics.l1).toBeCloseTo(2, 14)
  expect(metrics.l2).toBeCloseTo(Math.SQRT2, 14)
  expect(metrics.kl).toBeCloseTo(1000, 10)
  expect(metrics.js).toBeCloseTo(Math.LN2, 14)
  expect(metrics.loss).toBeCloseTo(1000, 10)
  // −Σ b · log softmax(a): the second logit, 1000, meets a logarithm of −1000.
  expect(metrics.crossEntropyOfLogits).toBeCloseTo(1_000_000, 6)
})
