/** Images of a shard, with what the unperturbed network makes of them. */
import type { MeasureRequest } from '@shared/contract/engine'
import { LinchpinError } from '@shared/errors'
import { ReferencePredictions } from '@shared/statistics'
import { trialImages, type TrialImages } from '../../perturbations'
import type { Frontier } from '../downstream/upstream'
import type { ImageBatches } from '../images'
import { Tensor } from '../runtime'
import type { Block } from './blocks'
import type { Network } from './network'

export interface PreparedBlock {
  readonly block: Block
  /** Indices into the evaluation set. */
  readonly images: Uint32Array
  readonly reference: ReferencePredictions
  /** Begins with the images, [rows, C, H, W]; a graph of a fixed batch gets more rows than there are images. */
  readonly frontier: Frontier
}

/** Indices of a block's images. */
export class ImageOrder {
  private readonly own: TrialImages | null

  constructor({ sampling, seed, images }: Pick<MeasureRequest, 'sampling' | 'seed' | 'images'>) {
    this.own = sampling === 'fresh' ? trialImages(seed, images.count) : null
  }

  of({ sequence, from, to }: Block): Uint32Array {
    if (sequence === null || this.own === null)
      return Uint32Array.from({ length: to - from }, (_, i) => from + i)
    return this.own.of(sequence, to).subarray(from, to)
  }
}

/** @throws OUTPUT_NOT_FINITE, LABELS_INVALID. */
export async function prepareBlock(
  network: Network,
  pixels: ImageBatches,
  block: Block,
  { images, labels }: { readonly images: Uint32Array; readonly labels: readonly number[] | null }
): Promise<PreparedBlock> {
  const { source, original } = network
  const { signature, height, width } = source
  const n = images.length
  const rows = signature.batch ?? n
  const data = await pixels.pick(images)
  const logits = await original.run(data, n)
  checkFinite(logits, logits.length / n, images)
  const input = new Tensor('float32', filled(data, (data.length / n) * rows), [
    rows,
    signature.channels,
    height,
    width
  ])
  const own = labels === null ? null : Array.from(images, (image) => labels[image] ?? NaN)
  return {
    block,
    images,
    reference: new ReferencePredictions(logits, logits.length / n, own),
    frontier: { rows, values: new Map([[signature.input, input]]) }
  }
}

/** With zeros behind, up to a length. */
function filled(data: Float32Array, length: number): Float32Array {
  if (data.length === length) return data
  const result = new Float32Array(length)
  result.set(data)
  return result
}

/**
 * @param logits [N, classes]; rows beyond the images' are left aside.
 * @throws OUTPUT_NOT_FINITE.
 */
export function checkFinite(logits: Float32Array, classes: number, images: Uint32Array): void {
  const used = logits.subarray(0, images.length * classes)
  const bad = used.findIndex((value) => !Number.isFinite(value))
  if (bad < 0) return
  throw new LinchpinError(
    'OUTPUT_NOT_FINITE',
    `Image ${String(images[Math.floor(bad / classes)])}, class ${String(bad % classes)}: ${String(used[bad])}.`
  )
}

/** @throws LABELS_INVALID. */
export function checkLabels(labels: readonly number[] | null, images: number, classes: number): void {
  if (labels === null) return
  const bad = labels.find((label) => label < 0 || label >= classes)
  if (labels.length === images && bad === undefined) return
  throw new LinchpinError(
    'LABELS_INVALID',
    bad === undefined
      ? `There are ${String(labels.length)} labels for ${String(images)} images.`
      : `A label is ${String(bad)}; the model has ${String(classes)} classes.`
  )
}
