import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { ImageFile } from '@shared/contract/engine'
import { LinchpinError } from '@shared/errors'
import { fileError } from '../files/errors'
import { throwIfCancelled } from './cancel'
import { imageBytes } from './npy/image-array'

type Shape = Pick<ImageFile, 'dtype' | 'height' | 'width'>

/**
 * Names a set by what a model sees: SHA-256 over the pixels [N, 3, H, W] in evaluation order, then the text
 * `uint8 [N, 3, H, W]` with the numbers, in hexadecimal.
 */
export class PixelHash {
  readonly #hash: Hash = createHash('sha256')

  update(pixels: Uint8Array): void {
    this.#hash.update(pixels)
  }

  digest({ dtype, height, width }: Shape, count: number): string {
    return this.#hash.update(`${dtype} [${[count, 3, height, width].join(', ')}]`).digest('hex')
  }
}

/** The hash of an image file as it lies on the disk. */
export async function hashImages(images: ImageFile, signal?: AbortSignal): Promise<string> {
  const hash = new PixelHash()
  for await (const chunk of readPixels(images, signal)) hash.update(chunk)
  return hash.digest(images, images.count)
}

/**
 * The pixels of an image file, piece by piece.
 * @throws LinchpinError CANCELLED, FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TRUNCATED
 */
export async function* readPixels(images: ImageFile, signal?: AbortSignal): AsyncGenerator<Buffer, void> {
  const size = images.count * imageBytes(images)
  const { path, offset } = images
  const stream = createReadStream(path, { start: offset, end: offset + size - 1, highWaterMark: 1 << 20 })
  let read = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      throwIfCancelled(signal)
      read += chunk.length
      yield chunk
    }
  } catch (error) {
    throw fileError(error, path, 'read')
  }
  if (read < size) {
    throw new LinchpinError(
      'FILE_TRUNCATED',
      `"${path}" has ${read} bytes of pixels, and ${images.count} images need ${size}.`
    )
  }
}
