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
