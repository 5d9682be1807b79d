/** How far a network in a lower precision is from float32. */
import type { PrecisionError, Precision } from '@shared/contract/measurement'
import { comparePredictions } from '@shared/statistics'
import { toHalf, type OnnxModel, type Signature } from '../graph'
import { forward, LogitsCollector } from './forward'
import type { ImageBatches } from './images'
import type { Execution } from './providers'

/** So many images tell the size of the error. */
export const PRECISION_IMAGES = 32

interface Source {
  readonly model: OnnxModel
  readonly signature: Signature
  readonly images: ImageBatches
  readonly height: number
  readonly width: number
  readonly execution: Execution & { readonly batch: number }
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs the unperturbed network on the first images, in float32 and in `precision`, on the same device. TF32 is the
 * process's: there the reference is to be computed on the processor, which has none.
 * @throws OUTPUT_NOT_FINITE where the network leaves the range of float16, and what `forward` throws.
 */
export async function precisionError(source: Source, precision: Precision): Promise<PrecisionError> {
  const { model, execution } = source
  const exact = precision === 'tf32' ? { ...execution, provider: 'cpu' as const } : execution
  const reference = await firstLogits(source, { ...exact, precision: 'float32' })
  const logits = await firstLogits(source, { ...execution, precision })
  const { metrics } = comparePredictions(reference.logits, logits.logits, reference.classes, null)
  const { saturated, flushed } = precision === 'float16' ? toHalf(model) : { saturated: 0, flushed: 0 }
  return {
    images: reference.images,
    cosineDistance: metrics.criticality,
    logitDifference: reference.logits.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (logits.logits[i] ?? NaN))),
      0
    ),
    saturated,
    flushed
  }
}

async function firstLogits(
  { model, signature, images: all, height, width, signal }: Source,
  execution: Source['execution']
): Promise<{ logits: Float32Array; classes: number; images: number }> {
  const images = { ...all, count: Math.min(all.count, PRECISION_IMAGES) }
  const collector = new LogitsCollector(images.count)
  for await (const batch of forward({ model, signature, images, height, width, ...execution, signal })) {
    collector.add(batch)
  }
  return { logits: collector.finish(), classes: collector.classes, images: images.count }
}
