/** Pixels that a batch holds by default: 16 images of 224 × 224. Larger batches were not faster on a CPU. */
const BATCH_PIXELS = 16 * 224 * 224
const LARGEST = 256

export function defaultBatch(height: number, width: number): number {
  return Math.max(1, Math.min(LARGEST, Math.round(BATCH_PIXELS / (height * width))))
}
