import type { Metrics } from '@shared/contract/measurement'

export function metrics(criticality: number, part: Partial<Metrics> = {}): Metrics {
  return {
    cosineSimilarity: 1 - criticality,
    criticality,
    l1: 0.5,
    l2: 0.25,
    agreement: 0.75,
    kl: 0.125,
    js: 0.0625,
    crossEntropyOfLogits: -3,
    top1: 0.5,
    top5: 1,
    loss: 2,
    recoveredAccuracy: 0.625,
    originalTop1: 0.8,
    ...part
  }
}
