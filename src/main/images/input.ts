import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageFile } from '@shared/contract/engine'
import type { Preparation } from '@shared/contract/evaluation'
import { LinchpinError, type ErrorCode } from '@shared/errors'
import { fileError } from '../files/errors'
import { readArrayImage } from './npy/image-array'
import { prepareImage } from './prepare'
import type { ImageSource } from './scan/source'

/** Where prepared pixels come from: image files that are decoded, or an array. */
export interface PixelInput extends Pick<ImageFile, 'dtype' | 'height' | 'width'> {
  /** Image `index` as [3, H, W]. */
  load(index: number): Promise<Uint8Array>
  /** Text that changes when the file behind an image does: its name, size and time of change. */
  stamp(index: number): Promise<string>
  /** Why the set does without the image that failed with this error; null: it cannot. */
  skipReason(error: unknown): string | null
  close(): Promise<void>
}

const SKIPPABLE: readonly ErrorCode[] = ['IMAGE_INVALID', 'FILE_EMPTY', 'FILE_NOT_FOUND', 'FILE_UNREADABLE']

export async function openInput(source: ImageSource, preparation: Preparation): Promise<PixelInput> {
  return source.array === null ? folderInput(source, preparation) : arrayInput(source.array)
}

function folderInput(source: ImageSource, preparation: Preparation): PixelInput {
  const pathOf = (index: number): string => join(source.path, source.files[index] ?? '')
  return {
    dtype: 'uint8',
    height: preparation.crop,
    width: preparation.crop,
    load: (index) => prepareImage(pathOf(index), preparation),
    stamp: (index) => stampOf(pathOf(index)),
    skipReason: (error) =>
      error instanceof LinchpinError && SKIPPABLE.includes(error.code) ? error.message : null,
    close: () => Promise.resolve()
  }
}

async function arrayInput(array: ImageFile): Promise<PixelInput> {
  const handle = await open(array.path, 'r').catch((error: unknown) => {
    throw fileError(error, array.path, 'read')
  })
  const stamp = await stampOf(array.path)
  return {
    dtype: array.dtype,
    height: array.height,
    width: array.width,
    load: (index) => readArrayImage(handle, array, index),
    stamp: (index) => Promise.resolve(`${stamp} ${index}`),
    skipReason: () => null,
    close: () => handle.close()
  }
}

async function stampOf(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path)
    return JSON.stringify([path, size, mtimeMs])
  } catch {
    return JSON.stringify([path, 'missing'])
  }
}
