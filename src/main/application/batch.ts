/** Pixels that a batch holds by default: 16 images of 224 × 224. Larger batches were not faster on a CPU. */
const BATCH_PIXELS = 16 * 224 * 224
const LARGEST = 256

export function defaultBatch(height: number, width: number): number {
  return Math.max(1, Math.min(LARGEST, Math.round(BATCH_PIXELS / (height * width))))
}

/** How an engine runs the images: as asked for, else with the usual batch and the runtime's own threads. */
export function executionOf(
  asked: { readonly batch?: number | undefined; readonly threads?: number | undefined },
  images: { readonly height: number; readonly width: number }
): { batch: number; threads: number | undefined } {
  return { batch: asked.batch ?? defaultBatch(images.height, images.width), threads: asked.threads }
}
