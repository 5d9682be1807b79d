import { z } from 'zod'
import { mean } from '@shared/statistics'
import { bytesOf, floatsOf } from './blobs'
import type { Configuration, StoredConfiguration } from './configurations'
import type { StudyDatabase } from './database'

/** What determines what an unperturbed network makes of the images of an evaluation set. */
export type OriginalKey = Pick<
  Configuration,
  'modelHash' | 'treatment' | 'evaluation' | 'preparation' | 'precision' | 'provider'
>

/** Of some images. */
export interface OriginalImages {
  /** Indices into the evaluation set. */
  readonly images: Uint32Array
  /** Classes that stand before the right one; null without labels. */
  readonly ranks: Uint8Array | null
  /** Cross-entropy in nats; null without labels. */
  readonly losses: Float32Array | null
}

export interface OriginalAccuracy {
  /** How many images it is known of. */
  readonly images: number
  readonly top1: number | null
  readonly top5: number | null
  readonly loss: number | null
}

/** Of the column `ranks`. */
const UNSEEN = 0
const LARGEST = 255

const rowSchema = z.object({
  ranks: z.instanceof(Uint8Array),
  losses: z.instanceof(Uint8Array).nullable()
})

const CONDITION = `model_hash = $modelHash AND treatment = $treatment AND evaluation = $evaluation
  AND preparation = $preparation AND precision = $precision AND provider = $provider`

interface Known {
  readonly ranks: Uint8Array
  readonly losses: Float32Array | null
}

export class OriginalTable {
  private readonly database: StudyDatabase

  constructor(database: StudyDatabase) {
    this.database = database
  }

  /** What is known of an image already is replaced. */
  add(of: OriginalKey, { images, ranks, losses }: OriginalImages): void {
    const key = keyOf(of)
    this.database.transaction(() => {
      const known = this.read(key)
      const length = images.reduce((most, image) => Math.max(most, image + 1), known?.ranks.length ?? 0)
      const all = new Uint8Array(length)
      all.set(known?.ranks ?? [])
      const allLosses = losses === null ? null : new Float32Array(length)
      allLosses?.set(known?.losses ?? [])
      images.forEach((image, i) => {
        all[image] = Math.min(LARGEST, (ranks?.[i] ?? 0) + 1)
        if (allLosses !== null) allLosses[image] = losses?.[i] ?? NaN
      })
      this.database.run(
        `INSERT INTO original (model_hash, treatment, evaluation, preparation, precision, provider, ranks, losses)
         VALUES ($modelHash, $treatment, $evaluation, $preparation, $precision, $provider, $ranks, $losses)
         ON CONFLICT DO UPDATE SET ranks = $ranks, losses = $losses`,
        { ...key, ranks: all, losses: allLosses === null ? null : bytesOf(allLosses) }
      )
    })
  }

  /** Over those of a configuration's images that were seen. */
  accuracy(configuration: StoredConfiguration): OriginalAccuracy {
    const { original_top1: top1, original_top5: top5, original_loss: loss, images } = configuration
    const known = this.read(ofStored(configuration))
    const seen = known === null ? [] : seenImages(known, images)
    // Studies of version 1 have these means and no record of the images.
    if (top1 !== null && seen.length < images) return { images, top1, top5, loss }
    const losses = known?.losses ?? null
    if (known === null || losses === null || seen.length === 0) {
      return { images: seen.length, top1: null, top5: null, loss: null }
    }
    const within = (classes: number): number =>
      seen.filter((image) => (known.ranks[image] ?? LARGEST) <= classes).length / seen.length
    return {
      images: seen.length,
      top1: within(1),
      top5: within(5),
      loss: mean(seen.map((image) => losses[image] ?? NaN))
    }
  }

  private read(key: OriginalKey): Known | null {
    const row = this.database.get(rowSchema, `SELECT ranks, losses FROM original WHERE ${CONDITION}`, {
      ...key
    })
    return row === null
      ? null
      : { ranks: row.ranks, losses: row.losses === null ? null : floatsOf(row.losses) }
  }
}

function seenImages({ ranks }: Known, images: number): number[] {
  return Array.from({ length: Math.min(images, ranks.length) }, (_, image) => image).filter(
    (image) => ranks[image] !== UNSEEN
  )
}

/** Without what else an object holds: each parameter of a statement must be one of its own. */
function keyOf({
  modelHash,
  treatment,
  evaluation,
  preparation,
  precision,
  provider
}: OriginalKey): OriginalKey {
  return { modelHash, treatment, evaluation, preparation, precision, provider }
}

function ofStored(c: StoredConfiguration): OriginalKey {
  const { treatment, evaluation, preparation, precision, provider } = c
  return { modelHash: c.model_hash, treatment, evaluation, preparation, precision, provider }
}
