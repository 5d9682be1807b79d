import { z } from 'zod'
import { metricsSchema, type Metrics } from '@shared/contract/measurement'
import { floatsOf, bytesOf } from './blobs'
import type { StudyDatabase } from './database'
import { mergeMetrics } from './metrics'

/** A unit on places `from` to `to` of a trial's sequence of images. */
export interface Piece {
  readonly unit: string
  readonly trial: number
  readonly from: number
  readonly to: number
  /** Means over these images. */
  readonly metrics: Metrics
  /** One per image, in the order of the sequence. */
  readonly distances: Float32Array
  readonly seconds: number
}

export interface TrialDistances {
  readonly trial: number
  /** Of the first images of the trial's sequence. */
  readonly distances: Float32Array
  /** Their mean, in full precision. */
  readonly mean: number
}

const metricsColumn = z.string().transform((text) => metricsSchema.parse(JSON.parse(text)))

const beganSchema = z.object({
  id: z.number(),
  images: z.number(),
  metrics: metricsColumn,
  distances: z.instanceof(Uint8Array)
})

const trialRowSchema = z.object({
  layer: z.string(),
  trial: z.number(),
  images: z.number(),
  metrics: metricsColumn
})
export type StoredTrial = z.infer<typeof trialRowSchema>

/** How many images of a unit's trials are measured: by unit, then by trial. */
export type Coverage = ReadonlyMap<string, ReadonlyMap<number, number>>

/** A row for each trial of a unit, which grows as the trial sees more images. */
export class MeasurementTable {
  private readonly database: StudyDatabase

  constructor(database: StudyDatabase) {
    this.database = database
  }

  /** @returns false where the piece does not begin where the trial has got to: it was measured before. */
  append(configuration: number, piece: Piece): boolean {
    return this.database.transaction(() => {
      const row = this.database.get(
        beganSchema,
        `SELECT id, images, metrics, distances FROM measurement
         WHERE configuration = $configuration AND layer = $unit AND trial = $trial`,
        { configuration, unit: piece.unit, trial: piece.trial }
      )
      if (piece.from !== (row?.images ?? 0)) return false
      const { seconds } = piece
      const measuredAt = new Date().toISOString()
      const added = piece.to - piece.from
      if (row === null) {
        this.database.run(
          `INSERT INTO measurement (configuration, layer, trial, images, metrics, seconds, measured_at, distances)
           VALUES ($configuration, $unit, $trial, $images, $metrics, $seconds, $measuredAt, $distances)`,
          {
            configuration,
            unit: piece.unit,
            trial: piece.trial,
            images: added,
            metrics: JSON.stringify(piece.metrics),
            seconds,
            measuredAt,
            distances: bytesOf(piece.distances)
          }
        )
        return true
      }
      const metrics = mergeMetrics(row, { metrics: piece.metrics, images: added })
      this.database.run(
        `UPDATE measurement SET images = $images, metrics = $metrics, seconds = seconds + $seconds,
           measured_at = $measuredAt, distances = $distances WHERE id = $id`,
        {
          id: row.id,
          images: piece.to,
          metrics: JSON.stringify(metrics),
          seconds,
          measuredAt,
          distances: Buffer.concat([row.distances, bytesOf(piece.distances)])
        }
      )
      return true
    })
  }

  /** A trial that has no result keeps none of its pieces. */
  drop(configuration: number, unit: string, trial: number): void {
    this.database.run(
      'DELETE FROM measurement WHERE configuration = $configuration AND layer = $unit AND trial = $trial',
      { configuration, unit, trial }
    )
  }

  coverage(configuration: number): Coverage {
    const rows = this.database.all(
      z.object({ layer: z.string(), trial: z.number(), images: z.number() }),
      'SELECT layer, trial, images FROM measurement WHERE configuration = $configuration',
      { configuration }
    )
    const units = new Map<string, Map<number, number>>()
    for (const { layer, trial, images } of rows) {
      const trials = units.get(layer) ?? new Map<number, number>()
      units.set(layer, trials.set(trial, images))
    }
    return units
  }

  /** All trials of a unit. */
  distances(configuration: number, unit: string): TrialDistances[] {
    return this.database
      .all(
        z.object({ trial: z.number(), distances: z.instanceof(Uint8Array), mean: z.number() }),
        `SELECT trial, distances, json_extract(metrics, '$.criticality') AS mean FROM measurement
         WHERE configuration = $configuration AND layer = $unit ORDER BY trial`,
        { configuration, unit }
      )
      .map((row) => ({ ...row, distances: floatsOf(row.distances) }))
  }

  /** By unit and trial; of one unit, where one is named. */
  trials(configuration: number, unit: string | null = null): StoredTrial[] {
    return this.database.all(
      trialRowSchema,
      `SELECT layer, trial, images, metrics FROM measurement
       WHERE configuration = $configuration AND ($unit IS NULL OR layer = $unit) ORDER BY layer, trial`,
      { configuration, unit }
    )
  }
}
