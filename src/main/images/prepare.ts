import { readFile } from 'node:fs/promises'
import type { Preparation } from '@shared/contract/evaluation'
import { decodeRgb } from './decode/decode'
import { fileError } from '../files/errors'
import { placement } from './geometry'
import { resizeWindow, type RgbImage } from './resample'

/**
 * One image file as uint8 [3, crop, crop], with the same bytes as torchvision's `Resize(resize)` and
 * `CenterCrop(crop)` of `Image.open(…).convert('RGB')`.
 * @throws LinchpinError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_EMPTY, IMAGE_INVALID
 */
export async function prepareImage(path: string, preparation: Preparation): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileError(error, path, 'read')
  })
  return prepareRgb(await decodeRgb(bytes), preparation)
}

/** @returns uint8 [3, crop, crop] */
export function prepareRgb(image: RgbImage, preparation: Preparation): Uint8Array {
  const { crop } = preparation
  const { width, height, window, left, top } = placement(image.width, image.height, preparation)
  const resized = resizeWindow(image, width, height, window)
  if (window.width === crop && window.height === crop) return resized
  const padded = new Uint8Array(3 * crop * crop)
  for (let line = 0; line < 3 * window.height; line++) {
    const channel = Math.trunc(line / window.height)
    const row = channel * crop + top + (line % window.height)
    padded.set(resized.subarray(line * window.width, (line + 1) * window.width), row * crop + left)
  }
  return padded
}
