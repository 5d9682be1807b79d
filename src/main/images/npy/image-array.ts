import type { FileHandle } from 'node:fs/promises'
import { LinchpinError } from '@shared/errors'
import type { ImageFile } from '@shared/contract/engine'
import { readNpyHeader, shapeText, type NpyHeader } from './header'

/**
 * Finds images in a `.npy` file: uint8 or little-endian float32, [N, 3, H, W] or [N, H, W, 3]. Where both fit,
 * channels come first. Nothing but the header is read.
 * @throws LinchpinError ARRAY_INVALID, NO_IMAGES, and what `readNpyHeader` throws
 */
export async function openImageArray(path: string): Promise<ImageFile> {
  const header = await readNpyHeader(path)
  const dtype = imageType(header)
  const [count = 0, first = 0, second = 0, third = 0] = header.shape
  const channelsFirst = first === 3
  if (header.shape.length !== 4 || (!channelsFirst && third !== 3)) throw wrongShape(header)
  const [height, width] = channelsFirst ? [second, third] : [first, second]
  if (count * height * width === 0) {
    throw new LinchpinError('NO_IMAGES', `"${path}" has the shape ${shapeText(header.shape)}.`)
  }
  return { path, offset: header.offset, dtype, height, width, channelsLast: !channelsFirst, count }
}

function imageType(header: NpyHeader): ImageFile['dtype'] {
  if (header.kind === 'u' && header.itemSize === 1) return 'uint8'
  if (header.kind === 'f' && header.itemSize === 4 && header.littleEndian) return 'float32'
  throw new LinchpinError(
    'ARRAY_INVALID',
    `"${header.path}" is of type "${header.descr}"; images are uint8 ("|u1") or float32 ("<f4").`,
    { fix: header.kind === 'f' ? "Save array.astype('<f4')." : 'Save pixels from 0 to 255 as uint8.' }
  )
}

function wrongShape(header: NpyHeader): LinchpinError {
  const grey = header.shape.length === 3 || header.shape[1] === 1 || header.shape[3] === 1
  return new LinchpinError(
    'ARRAY_INVALID',
    `"${header.path}" has the shape ${shapeText(header.shape)}; images are [N, 3, H, W] or [N, H, W, 3].`,
    {
      fix: grey
        ? 'Give grey images three equal channels, and a single image a first axis of 1.'
        : 'Save three channels, red, green and blue.'
    }
  )
}

/** Bytes of one image. */
export function imageBytes(images: Pick<ImageFile, 'dtype' | 'height' | 'width'>): number {
  return 3 * images.height * images.width * (images.dtype === 'uint8' ? 1 : 4)
}

/**
 * One image as [3, H, W], little endian.
 * @throws LinchpinError FILE_TRUNCATED, and ARRAY_INVALID where a float is not finite
 */
export async function readArrayImage(
  handle: FileHandle,
  images: ImageFile,
  index: number
): Promise<Uint8Array<ArrayBuffer>> {
  const size = imageBytes(images)
  const bytes = new Uint8Array(size)
  const { bytesRead } = await handle.read(bytes, 0, size, images.offset + index * size)
  if (bytesRead < size) {
    throw new LinchpinError(
      'FILE_TRUNCATED',
      `"${images.path}" ends within image ${index} of ${images.count}.`
    )
  }
  if (images.dtype === 'uint8') {
    return images.channelsLast ? channelsFirst(bytes, new Uint8Array(size)) : bytes
  }
  const floats = new Float32Array(bytes.buffer)
  if (!allFinite(floats)) {
    throw new LinchpinError('ARRAY_INVALID', `Image ${index} of "${images.path}" holds NaN or infinity.`, {
      fix: 'Look for a division by zero where the array is made.'
    })
  }
  return images.channelsLast
    ? new Uint8Array(channelsFirst(floats, new Float32Array(floats.length)).buffer)
    : bytes
}

/** [H, W, 3] to [3, H, W]. */
export function channelsFirst<T extends Uint8Array | Float32Array>(pixels: T, planes: T): T {
  const area = pixels.length / 3
  for (let channel = 0; channel < 3; channel++) {
    for (let pixel = 0, from = channel; pixel < area; pixel++, from += 3) {
      planes[channel * area + pixel] = pixels[from] ?? 0
    }
  }
  return planes
}

function allFinite(values: Float32Array): boolean {
  for (const value of values) if (value - value !== 0) return false
  return true
}
