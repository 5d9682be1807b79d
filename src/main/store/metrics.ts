import type { Metrics } from '@shared/contract/measurement'

/** Means over some images of one trial. */
interface Part {
  readonly metrics: Metrics
  readonly images: number
}

/** Means over the images of both parts. What one of them has not, both have not. */
export function mergeMetrics(a: Part, b: Part): Metrics {
  const images = a.images + b.images
  const mean = (x: number, y: number): number => (a.images * x + b.images * y) / images
  const known = (x: number | null, y: number | null): number | null =>
    x === null || y === null ? null : mean(x, y)
  const [first, second] = [a.metrics, b.metrics]
  const top1 = known(first.top1, second.top1)
  const originalTop1 = known(first.originalTop1, second.originalTop1)
  return {
    cosineSimilarity: mean(first.cosineSimilarity, second.cosineSimilarity),
    criticality: mean(first.criticality, second.criticality),
    l1: mean(first.l1, second.l1),
    l2: mean(first.l2, second.l2),
    agreement: mean(first.agreement, second.agreement),
    kl: mean(first.kl, second.kl),
    js: mean(first.js, second.js),
    crossEntropyOfLogits: mean(first.crossEntropyOfLogits, second.crossEntropyOfLogits),
    top1,
    top5: known(first.top5, second.top5),
    loss: known(first.loss, second.loss),
    recoveredAccuracy:
      top1 === null || originalTop1 === null || originalTop1 === 0 ? null : top1 / originalTop1,
    originalTop1
  }
}
