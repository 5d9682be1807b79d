import { setImmediate as nextTurn } from 'node:timers/promises'
import { LinchpinError } from '@shared/errors'
import type { OnnxModel, Signature } from '../graph'
import type { ImageBatches } from './images'
import type { Execution } from './providers'
import { createSession } from './session'

export interface ForwardOptions extends Execution {
  readonly model: OnnxModel
  readonly signature: Signature
  readonly images: ImageBatches
  readonly height: number
  readonly width: number
  readonly batch: number
  readonly signal?: AbortSignal | undefined
}

export interface LogitsBatch {
  /** First image of the batch. */
  readonly start: number
  readonly count: number
  /** float32 [count, classes]. */
  readonly logits: Float32Array
}

/**
 * One full forward pass over all images, a batch at a time. The session lives as long as the iteration.
 * @throws CANCELLED between batches.
 */
export async function* forward(options: ForwardOptions): AsyncGenerator<LogitsBatch, void, void> {
  const { model, signature, images, height, width, threads, provider, precision, signal } = options
  const batch = signature.batch ?? options.batch
  const session = await createSession(model, { signature, height, width, threads, provider, precision })
  try {
    for (let start = 0; start < images.count; start += batch) {
      const count = Math.min(batch, images.count - start)
      const logits = await session.run(await images.read(start, count), count)
      // The runtime blocks this thread: let messages, a cancel among them, come in between batches.
      await nextTurn()
      if (signal?.aborted === true) throw new LinchpinError('CANCELLED', 'Measured results are kept.')
      yield { start, count, logits }
    }
  } finally {
    await session.close()
  }
}

/** The rows of all batches in one array, [N, classes]. */
export class LogitsCollector {
  private readonly images: number
  private rows: Float32Array | null = null
  classes = 0

  constructor(images: number) {
    this.images = images
  }

  add({ start, count, logits }: LogitsBatch): void {
    this.classes = logits.length / count
    this.rows ??= new Float32Array(this.images * this.classes)
    this.rows.set(logits, start * this.classes)
  }

  /** @throws OUTPUT_NOT_FINITE. */
  finish(): Float32Array {
    const rows = this.rows ?? new Float32Array()
    const bad = rows.findIndex((value) => !Number.isFinite(value))
    if (bad >= 0) {
      throw new LinchpinError(
        'OUTPUT_NOT_FINITE',
        `Image ${String(Math.floor(bad / this.classes))}, class ${String(bad % this.classes)}: ${String(rows[bad])}.`
      )
    }
    return rows
  }
}
