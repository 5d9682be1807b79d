import type { ImageFile } from '@shared/contract/engine'
import { NpyWriter } from './npy/writer'
import { readPixels } from './pixel-hash'

/**
 * Writes prepared images as `.npy`, uint8 or float32 [N, 3, H, W], in evaluation order. Returns N.
 * @throws LinchpinError FILE_UNWRITABLE, DISK_FULL, FILE_NOT_FOUND, FILE_TRUNCATED, CANCELLED; no file is left then
 */
export async function exportEvaluation(
  images: ImageFile,
  path: string,
  signal?: AbortSignal
): Promise<number> {
  const writer = await NpyWriter.create(path, images.dtype, [3, images.height, images.width])
  try {
    for await (const chunk of readPixels(images, signal)) await writer.write(chunk)
    return await writer.close()
  } finally {
    await writer.discard()
  }
}
