import { open, type FileHandle } from 'node:fs/promises'
import type { ImageFile } from '@shared/contract/engine'
import type { ModelOptions, Normalization } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'
import { fileError } from '../files/errors'

const CHANNELS = 3

/** Pixels as a model takes them: float32 [n, 3, H, W], normalised. */
export interface ImageBatches {
  readonly count: number
  /** Images `start` to `start + n`, n at most `batch`; the last batch may be shorter. */
  read(start: number, n: number): Promise<Float32Array>
  /** Images that need not lie side by side, in the order of `indices`. */
  pick(indices: ArrayLike<number>): Promise<Float32Array>
  close(): Promise<void>
}

/**
 * uint8 pixels are scaled to [0, 1]; then (x − mean) / std per channel where a normalisation is given.
 * float32 pixels are taken as they are, but for the normalisation. The file has red first, and mean and std are those
 * of red, green and blue, whichever of them the model takes first.
 * @throws FILE_NOT_FOUND, FILE_TRUNCATED.
 */
export async function openImages(
  file: ImageFile,
  normalization: Normalization | null,
  channels: ModelOptions['channels'] = 'rgb'
): Promise<ImageBatches> {
  const handle = await open(file.path, 'r').catch((error: unknown) => {
    throw fileError(error, file.path, 'read')
  })
  const pixels = file.height * file.width
  const width = file.dtype === 'uint8' ? 1 : 4
  const imageBytes = CHANNELS * pixels * width
  const transform = transformOf(file, normalization)
  const read = async (start: number, n: number): Promise<Float32Array> => {
    const bytes = await readExactly(handle, file, file.offset + start * imageBytes, n * imageBytes)
    const source = file.dtype === 'uint8' ? bytes : new Float32Array(bytes.buffer)
    const target = new Float32Array(n * CHANNELS * pixels)
    for (let image = 0; image < n; image++) {
      for (let channel = 0; channel < CHANNELS; channel++) {
        const { scale, shift } = transform[channel] ?? { scale: 1, shift: 0 }
        const place = channels === 'bgr' ? CHANNELS - 1 - channel : channel
        const to = (image * CHANNELS + place) * pixels
        const first = image * CHANNELS * pixels
        const from = file.channelsLast ? first + channel : first + channel * pixels
        const step = file.channelsLast ? CHANNELS : 1
        for (let i = 0; i < pixels; i++) target[to + i] = (source[from + i * step] ?? 0) * scale + shift
      }
    }
    return target
  }
  return {
    count: file.count,
    read,
    async pick(indices) {
      const [first, other] = stretches(indices)
      if (first !== undefined && other === undefined) return await read(first.start, first.count)
      const result = new Float32Array(indices.length * CHANNELS * pixels)
      for (const { at, start, count } of stretches(indices)) {
        result.set(await read(start, count), at * CHANNELS * pixels)
      }
      return result
    },
    close: () => handle.close()
  }
}

/** Runs of images that follow each other. */
function stretches(indices: ArrayLike<number>): { at: number; start: number; count: number }[] {
  const found: { at: number; start: number; count: number }[] = []
  for (let at = 0; at < indices.length; at++) {
    const index = indices[at] ?? 0
    const last = found.at(-1)
    if (last !== undefined && last.start + last.count === index) last.count++
    else found.push({ at, start: index, count: 1 })
  }
  return found
}

function transformOf(
  file: ImageFile,
  normalization: Normalization | null
): { scale: number; shift: number }[] {
  const unit = file.dtype === 'uint8' ? 1 / 255 : 1
  return Array.from({ length: CHANNELS }, (_, channel) => {
    const mean = normalization?.mean[channel] ?? 0
    const std = normalization?.std[channel] ?? 1
    return { scale: unit / std, shift: -mean / std }
  })
}

async function readExactly(
  handle: FileHandle,
  file: ImageFile,
  offset: number,
  length: number
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done)
    if (bytesRead === 0) {
      throw new LinchpinError('FILE_TRUNCATED', `"${file.path}" ends before image ${String(file.count)}.`)
    }
    done += bytesRead
  }
  return bytes
}
