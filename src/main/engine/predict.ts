import type { ImageFile } from '@shared/contract/engine'
import type { ModelOptions, Normalization } from '@shared/contract/model'
import { loadClassifier } from '../architectures'
import { NpyWriter } from '../images/npy/writer'
import { forward } from './forward'
import { openImages } from './images'
import type { Execution } from './providers'

interface Source {
  readonly model: {
    readonly path: string
    readonly options: ModelOptions
    readonly normalization: Normalization | null
  }
  readonly images: ImageFile
  readonly execution: Execution & { readonly batch: number }
}

/** Unperturbed logits of every image, written as float32 .npy [N, classes]. */
export async function predict(
  { model: source, images: file, execution, output }: Source & { readonly output: string },
  signal?: AbortSignal
): Promise<{ images: number; classes: number }> {
  const { model, signature } = await loadClassifier(source.path, source.options)
  const images = await openImages(file, source.normalization, source.options.channels)
  let writer: NpyWriter | null = null
  let classes = 0
  try {
    const { height, width } = file
    for await (const batch of forward({ model, signature, images, height, width, ...execution, signal })) {
      classes = batch.logits.length / batch.count
      writer ??= await NpyWriter.create(output, 'float32', [classes])
      const { buffer, byteOffset, byteLength } = batch.logits
      await writer.write(new Uint8Array(buffer, byteOffset, byteLength))
    }
    await writer?.close()
    return { images: images.count, classes }
  } catch (error) {
    await writer?.discard()
    throw error
  } finally {
    await images.close()
  }
}

/** How long throughput is measured, in milliseconds, after a batch to warm up. */
const TIMING = 1500

/** Images per second of the unperturbed network. */
export async function timeModel(
  { model: source, images: file, execution }: Source,
  signal?: AbortSignal
): Promise<{ imagesPerSecond: number }> {
  const { model, signature } = await loadClassifier(source.path, source.options)
  const images = await openImages(file, source.normalization, source.options.channels)
  try {
    const { height, width } = file
    let started: number | null = null
    let done = 0
    for (;;) {
      for await (const batch of forward({ model, signature, images, height, width, ...execution, signal })) {
        if (started === null) started = performance.now()
        else done += batch.count
        const elapsed = performance.now() - started
        if (elapsed >= TIMING && done > 0) return { imagesPerSecond: (1000 * done) / elapsed }
      }
    }
  } finally {
    await images.close()
  }
}
