/** Threads and batch size that run a network fastest here: tried once, and kept on disk. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, hostname } from 'node:os'
import { z } from 'zod'
import type { Provider } from '@shared/contract/devices'
import { calibrationSchema, type ImageFile } from '@shared/contract/engine'
import type { MeasurementSpec, Precision } from '@shared/contract/measurement'
import type { Model } from '@shared/contract/model'
import { errnoOf } from '../../files/errors'
import { defaultBatch } from '../batch'
import type { Engine } from '../engine'
import { totalMacs } from './macs'
import { versions } from './versions'

const fileSchema = z.record(z.string(), calibrationSchema)

/** Pixels that a batch may hold: 64 images of 224 × 224 on a processor, four times as many elsewhere. */
const MOST_PIXELS = { cpu: 64 * 224 * 224, other: 256 * 224 * 224 }
const MOST_IMAGES = { cpu: 64, other: 1024 }
/** A run of fewer multiply–accumulates is over before trying pays: a minute at a middling 10¹¹ a second. */
const SHORT_RUN = 6e12
/** Of a network whose own are unknown, for each pixel: about a ResNet-50's. */
const MACS_PER_PIXEL = 80_000

/** How a network is run. */
export interface Setting {
  readonly batch: number
  /** Null: the runtime's choice. */
  readonly threads: number | null
}

export interface CalibrationTarget {
  readonly model: Model
  readonly path: string
  readonly options: Model['options']
  readonly images: ImageFile
  readonly provider: Provider
  readonly precision: Precision
}

export class Calibrations {
  private readonly path: string

  /** @param path of the file that keeps them. */
  constructor(path: string) {
    this.path = path
  }

  /**
   * As asked for; what is not asked for is tried, unless the run is short.
   * @param work that is to be done, in forward passes of an image.
   * @throws what the engine throws.
   */
  async settingFor(
    { batch, threads }: Pick<MeasurementSpec, 'batch' | 'threads'>,
    target: CalibrationTarget,
    work: number,
    engine: Engine
  ): Promise<Setting> {
    const { images, provider, model } = target
    const usual = defaultBatch(images.height, images.width)
    // Elsewhere than on the processor its threads do little.
    const counts = threads === undefined ? (provider === 'cpu' ? threadCounts() : [1]) : [threads]
    const batches = batch === undefined ? batchSizes(target) : [batch]
    if (batch !== undefined && (threads !== undefined || provider !== 'cpu'))
      return { batch, threads: threads ?? null }
    const key = keyOf(target, counts, batches)
    const known = this.read()[key]
    if (known !== undefined) return { batch: known.batch, threads: known.threads }
    const macs = totalMacs(model.layers) ?? MACS_PER_PIXEL * images.height * images.width
    if (work * macs < SHORT_RUN) return { batch: batch ?? usual, threads: threads ?? null }
    const { path, options } = target
    const found = await engine.client.calibrate({
      model: { path, options, normalization: model.normalization },
      images,
      execution: { provider, precision: target.precision },
      threads: counts,
      batches
    })
    this.write({ ...this.read(), [key]: found })
    return { batch: found.batch, threads: found.threads }
  }

  private read(): z.infer<typeof fileSchema> {
    try {
      return fileSchema.parse(JSON.parse(readFileSync(this.path, 'utf8')))
    } catch {
      // Missing or damaged: it is tried again.
      return {}
    }
  }

  private write(all: z.infer<typeof fileSchema>): void {
    const temporary = `${this.path}.${String(process.pid)}`
    try {
      writeFileSync(temporary, JSON.stringify(all, null, 2))
      renameSync(temporary, this.path)
    } catch (error) {
      // E.g. a full disk: it is tried again at the next run.
      if (errnoOf(error) === undefined) throw error
    }
  }
}

/** One, half and all of the cores. */
function threadCounts(): number[] {
  const cores = availableParallelism()
  return [...new Set([1, Math.ceil(cores / 2), cores])]
}

/** Powers of two whose pixels a device holds well. */
function batchSizes({ images, provider }: CalibrationTarget): number[] {
  const kind = provider === 'cpu' ? 'cpu' : 'other'
  const pixels = images.height * images.width
  const most = Math.max(1, Math.min(MOST_IMAGES[kind], Math.floor(MOST_PIXELS[kind] / pixels), images.count))
  const sizes: number[] = []
  for (let size = provider === 'cpu' ? 1 : 4; size <= most; size *= 2) sizes.push(size)
  return sizes.length === 0 ? [most] : sizes
}

/** Everything that the answer depends on. */
function keyOf(
  { model, images, provider, precision }: CalibrationTarget,
  threads: readonly number[],
  batches: readonly number[]
): string {
  const machine = [hostname(), cpus()[0]?.model ?? '', availableParallelism()]
  const { onnxruntime } = versions()
  return JSON.stringify([
    machine,
    onnxruntime,
    model.hash,
    [images.height, images.width],
    provider,
    precision,
    threads,
    batches
  ])
}
