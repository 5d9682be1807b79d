/** Runs a network through the engine, outside its process. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageFile } from '@shared/contract/engine'
import type { ModelOptions } from '@shared/contract/model'
import { predict } from '../../src/main/engine/predict'
import type { Execution } from '../../src/main/engine/providers'
import { createSession } from '../../src/main/engine/session'
import { signatureOf, type OnnxModel } from '../../src/main/graph'
import { temporaryFolder } from './folder'
import { readNpy } from './npy'

/** A float32 .npy of [N, 3, H, W]. */
export function floatImages(path: string): ImageFile {
  const { shape } = readNpy(path)
  const [count = 0, , height = 0, width = 0] = shape
  const offset = 10 + readFileSync(path).readUInt16LE(8)
  return { path, offset, dtype: 'float32', height, width, channelsLast: false, count }
}

/** A checkpoint's logits on images as they are, no normalisation. */
export async function logitsOf(
  path: string,
  images: ImageFile,
  options: ModelOptions = {},
  execution: Execution = {}
): Promise<Float32Array> {
  const output = join(temporaryFolder(), 'logits.npy')
  const model = { path, options, normalization: null }
  await predict({ model, images, execution: { batch: 2, threads: 1, ...execution }, output })
  return readNpy(output).data as Float32Array
}

/** A graph's logits, row after row. @param images [n, 3, height, width]. */
export async function run(
  model: OnnxModel,
  images: Float32Array,
  { n, height, width }: { n: number; height: number; width: number },
  execution: Execution = {}
): Promise<Float32Array> {
  const session = await createSession(model, {
    signature: signatureOf(model),
    height,
    width,
    threads: 1,
    ...execution
  })
  try {
    return await session.run(images, n)
  } finally {
    await session.close()
  }
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity
  return Array.from(a).reduce((most, value, i) => {
    const difference = Math.abs(value - b[i]!)
    return Number.isNaN(difference) ? Infinity : Math.max(most, difference)
  }, 0)
}

/** Numbers between −1 and 1 that look irregular and are the same everywhere. */
export function irregular(length: number, salt = 1): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    const x = Math.imul(i * 7919 + salt * 104729, 2654435761) >>> 8
    return x / 2 ** 23 - 1
  })
}
