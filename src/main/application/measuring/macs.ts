import type { LayerInfo } from '@shared/contract/model'

/** Multiply–accumulates of a forward pass of one image; null where a layer's are unknown. */
export function totalMacs(layers: readonly LayerInfo[]): number | null {
  let sum = 0
  for (const { macs } of layers) {
    // Norms and embeddings have none of their own.
    if (macs === null) return null
    sum += macs
  }
  return sum === 0 ? null : sum
}
