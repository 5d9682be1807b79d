import { z } from 'zod'
import type { Provider } from '@shared/contract/devices'
import {
  metricsSchema,
  type Cell,
  type Metrics,
  type Precision,
  type Series
} from '@shared/contract/measurement'
import type { CriticalitySummary } from '@shared/statistics'
import type { StudyDatabase } from './database'
import type { StoredModel } from './models'

/** Everything that determines a result but layer and trial. */
export interface Configuration {
  readonly modelHash: string
  readonly treatment: string
  readonly evaluation: string
  readonly preparation: string
  readonly images: number
  readonly unit: 'layer'
  /** As it was given, a file reduced to its base name. */
  readonly perturbation: string
  readonly perturbationHash: string
  readonly scheme: string
  readonly requestedScheme: string
  readonly seed: number
  readonly precision: Precision
  readonly provider: Provider
  /** What measured it: not part of the key. */
  readonly versions: string
}

export interface Original {
  readonly top1: number | null
  readonly top5: number | null
  readonly loss: number | null
}

export interface Measurement {
  readonly layer: string
  readonly trial: number
  readonly metrics: Metrics
  /** Per image, in evaluation order. */
  readonly distances: Float32Array
  readonly seconds: number
}

const configurationSchema = z.object({
  id: z.number(),
  model_hash: z.string(),
  treatment: z.string(),
  evaluation: z.string(),
  images: z.number(),
  unit: z.string(),
  perturbation: z.string(),
  perturbation_hash: z.string(),
  scheme: z.string(),
  requested_scheme: z.string(),
  seed: z.number(),
  precision: z.string(),
  provider: z.string(),
  original_top1: z.number().nullable(),
  original_top5: z.number().nullable(),
  original_loss: z.number().nullable()
})

export type StoredConfiguration = z.infer<typeof configurationSchema>

const cellRowSchema = z.object({
  configuration: z.number(),
  layer: z.string(),
  mean: z.number(),
  std: z.number().nullable(),
  standard_error: z.number().nullable(),
  trials: z.number()
})

const trialRowSchema = z.object({
  configuration: z.number(),
  layer: z.string(),
  trial: z.number(),
  metrics: z.string().transform((text) => metricsSchema.parse(JSON.parse(text)))
})

export type StoredTrial = z.infer<typeof trialRowSchema>

const KEY_COLUMNS = `model_hash = $modelHash AND treatment = $treatment AND evaluation = $evaluation
  AND preparation = $preparation AND images = $images AND unit = $unit AND perturbation = $perturbation
  AND perturbation_hash = $perturbationHash AND scheme = $scheme AND seed = $seed AND precision = $precision
  AND provider = $provider`

/** Whether a configuration is one of a model: of the same file, read the same way. */
export function belongsTo(
  { model_hash: hash, treatment }: Pick<StoredConfiguration, 'model_hash' | 'treatment'>,
  stored: StoredModel
): boolean {
  return hash === stored.model.hash && treatment === stored.treatment
}

/** Names the series of a configuration: what models must share to stand in one chart. */
export function seriesId(c: StoredConfiguration): string {
  return [c.perturbation, c.perturbation_hash.slice(0, 12), c.requested_scheme, c.seed, c.images, c.evaluation.slice(0, 12), c.unit, c.precision, c.provider].join('|') // prettier-ignore
}

export class ResultTable {
  private readonly database: StudyDatabase

  constructor(database: StudyDatabase) {
    this.database = database
  }

  find(configuration: Configuration): number | null {
    const { requestedScheme: _, versions: __, ...key } = configuration
    const row = this.database.get(
      z.object({ id: z.number() }),
      `SELECT id FROM configuration WHERE ${KEY_COLUMNS}`,
      key
    )
    return row?.id ?? null
  }

  findOrAdd(configuration: Configuration): number {
    // In one transaction: another process may measure the same.
    return this.database.transaction(
      () =>
        this.find(configuration) ??
        this.database.run(
          `INSERT INTO configuration (model_hash, treatment, evaluation, preparation, images, unit, perturbation,
           perturbation_hash, scheme, requested_scheme, seed, precision, provider, versions)
         VALUES ($modelHash, $treatment, $evaluation, $preparation, $images, $unit, $perturbation,
           $perturbationHash, $scheme, $requestedScheme, $seed, $precision, $provider, $versions)`,
          { ...configuration }
        ).lastId
    )
  }

  setOriginal(configuration: number, { top1, top5, loss }: Original): void {
    this.database.run(
      'UPDATE configuration SET original_top1 = $top1, original_top5 = $top5, original_loss = $loss WHERE id = $id',
      { id: configuration, top1, top5, loss }
    )
  }

  /** Layers and trials that need no measuring any more, as `layer trial`. */
  measured(configuration: number): ReadonlySet<string> {
    const rows = this.database.all(
      z.object({ layer: z.string(), trial: z.number() }),
      'SELECT layer, trial FROM measurement WHERE configuration = $configuration',
      { configuration }
    )
    return new Set(rows.map(({ layer, trial }) => unitKey(layer, trial)))
  }

  /** All trials of a layer: their distances, and their criticality in full precision. */
  layerTrials(configuration: number, layer: string): { distances: Float32Array[]; means: number[] } {
    const rows = this.database.all(
      z.object({ distances: z.instanceof(Uint8Array), mean: z.number() }),
      `SELECT distances, json_extract(metrics, '$.criticality') AS mean FROM measurement
       WHERE configuration = $configuration AND layer = $layer ORDER BY trial`,
      { configuration, layer }
    )
    return {
      distances: rows.map(({ distances }) => new Float32Array(new Uint8Array(distances).buffer)),
      means: rows.map(({ mean }) => mean)
    }
  }

  /**
   * Stores a measurement and, in the same transaction, the summary of its layer.
   * @param summarise from the distances and the means of all trials, this one among them.
   */
  add(
    configuration: number,
    measurement: Measurement,
    summarise: (trials: readonly Float32Array[], means: readonly number[]) => CriticalitySummary
  ): Cell {
    const { layer, trial, metrics, distances, seconds } = measurement
    return this.database.transaction(() => {
      this.database.run(
        `INSERT INTO measurement (configuration, layer, trial, metrics, distances, seconds, measured_at)
         VALUES ($configuration, $layer, $trial, $metrics, $distances, $seconds, $measuredAt)
         ON CONFLICT DO NOTHING`,
        {
          configuration,
          layer,
          trial,
          metrics: JSON.stringify(metrics),
          distances: new Uint8Array(distances.buffer, distances.byteOffset, distances.byteLength),
          seconds,
          measuredAt: new Date().toISOString()
        }
      )
      const trials = this.layerTrials(configuration, layer)
      const { mean, std, standardError } = summarise(trials.distances, trials.means)
      this.database.run(
        `INSERT INTO cell (configuration, layer, mean, std, standard_error, trials)
         VALUES ($configuration, $layer, $mean, $std, $standardError, $trials)
         ON CONFLICT DO UPDATE SET mean = $mean, std = $std, standard_error = $standardError, trials = $trials`,
        { configuration, layer, mean, std, standardError, trials: trials.means.length }
      )
      return { layer, mean, std, standardError, trials: trials.means.length, images: distances.length }
    })
  }

  configurations(): StoredConfiguration[] {
    return this.database.all(configurationSchema, 'SELECT * FROM configuration ORDER BY id')
  }

  cells(configuration: number): Cell[] {
    const images = this.database.get(
      z.object({ images: z.number() }),
      'SELECT images FROM configuration WHERE id = $id',
      {
        id: configuration
      }
    )
    return this.database
      .all(cellRowSchema, 'SELECT * FROM cell WHERE configuration = $configuration', { configuration })
      .map(({ layer, mean, std, standard_error: standardError, trials }) => ({
        layer,
        mean,
        std,
        standardError,
        trials,
        images: images?.images ?? 0
      }))
  }

  trials(configuration: number): StoredTrial[] {
    return this.database.all(
      trialRowSchema,
      'SELECT configuration, layer, trial, metrics FROM measurement WHERE configuration = $configuration ORDER BY layer, trial',
      { configuration }
    )
  }

  /** Groups of comparable results, the one with most measurements first. */
  series(): Series[] {
    const counts = new Map(
      this.database
        .all(
          z.object({ configuration: z.number(), n: z.number() }),
          'SELECT configuration, count(*) AS n FROM measurement GROUP BY configuration'
        )
        .map(({ configuration, n }) => [configuration, n])
    )
    const series = new Map<string, Series>()
    for (const c of this.configurations()) {
      const measurements = counts.get(c.id) ?? 0
      if (measurements === 0) continue
      const id = seriesId(c)
      const known = series.get(id)
      series.set(id, {
        id,
        perturbation: c.perturbation,
        scheme: c.requested_scheme,
        seed: c.seed,
        images: c.images,
        evaluationHash: c.evaluation,
        precision: c.precision,
        provider: c.provider,
        measurements: (known?.measurements ?? 0) + measurements
      })
    }
    return [...series.values()].sort((a, b) => b.measurements - a.measurements)
  }
}

export function unitKey(layer: string, trial: number): string {
  return `${layer} ${String(trial)}`
}
