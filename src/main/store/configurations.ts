import { z } from 'zod'
import { providerSchema, type Provider } from '@shared/contract/devices'
import {
  precisionSchema,
  samplingSchema,
  unitTypeSchema,
  type Precision,
  type Sampling,
  type Series
} from '@shared/contract/measurement'
import { LAYER_KINDS, type LayerKind } from '@shared/contract/model'
import type { UnitType } from '@shared/units'
import type { StudyDatabase } from './database'
import type { StoredModel } from './models'

/** Everything that determines a result but unit and trial. */
export interface Configuration {
  readonly modelHash: string
  readonly treatment: string
  readonly evaluation: string
  readonly preparation: string
  /** The first so many of the evaluation set: every trial sees them, or takes its own from them. */
  readonly images: number
  readonly sampling: Sampling
  readonly unit: UnitType
  /** Of blocks and stages: kinds of layers that are perturbed in them, comma-separated; empty: all. */
  readonly kinds: string
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

const configurationSchema = z.object({
  id: z.number(),
  model_hash: z.string(),
  treatment: z.string(),
  evaluation: z.string(),
  preparation: z.string(),
  images: z.number(),
  sampling: samplingSchema,
  unit: unitTypeSchema,
  kinds: z.string(),
  perturbation: z.string(),
  perturbation_hash: z.string(),
  scheme: z.string(),
  requested_scheme: z.string(),
  seed: z.number(),
  precision: precisionSchema,
  provider: providerSchema,
  original_top1: z.number().nullable(),
  original_top5: z.number().nullable(),
  original_loss: z.number().nullable()
})
export type StoredConfiguration = z.infer<typeof configurationSchema>

const KEY = {
  model_hash: 'modelHash',
  treatment: 'treatment',
  evaluation: 'evaluation',
  preparation: 'preparation',
  images: 'images',
  sampling: 'sampling',
  unit: 'unit',
  kinds: 'kinds',
  perturbation: 'perturbation',
  perturbation_hash: 'perturbationHash',
  scheme: 'scheme',
  seed: 'seed',
  precision: 'precision',
  provider: 'provider'
} as const

const COLUMNS = { ...KEY, requested_scheme: 'requestedScheme', versions: 'versions' } as const

/** Whether a configuration is one of a model: of the same file, read the same way. */
export function belongsTo(
  { model_hash: hash, treatment }: Pick<StoredConfiguration, 'model_hash' | 'treatment'>,
  stored: StoredModel
): boolean {
  return hash === stored.model.hash && treatment === stored.treatment
}

/** Names the series of a configuration: what models must share to stand in one chart. */
export function seriesId(c: StoredConfiguration): string {
  return [c.perturbation, c.perturbation_hash.slice(0, 12), c.requested_scheme, c.seed, c.images, c.sampling, c.evaluation.slice(0, 12), c.unit, c.kinds, c.precision, c.provider].join('|') // prettier-ignore
}

/** Of the column `kinds`; null: all. */
export function kindsIn({ kinds }: Pick<StoredConfiguration, 'kinds'>): LayerKind[] | null {
  return kinds === '' ? null : LAYER_KINDS.filter((kind) => kinds.split(',').includes(kind))
}

export class ConfigurationTable {
  private readonly database: StudyDatabase

  constructor(database: StudyDatabase) {
    this.database = database
  }

  find(configuration: Configuration): number | null {
    const { requestedScheme: _, versions: __, ...key } = configuration
    const conditions = Object.entries(KEY).map(([column, name]) => `${column} = $${name}`)
    const row = this.database.get(
      z.object({ id: z.number() }),
      `SELECT id FROM configuration WHERE ${conditions.join(' AND ')}`,
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
          `INSERT INTO configuration (${Object.keys(COLUMNS).join(', ')})
           VALUES (${Object.values(COLUMNS)
             .map((name) => `$${name}`)
             .join(', ')})`,
          { ...configuration }
        ).lastId
    )
  }

  get(id: number): StoredConfiguration | null {
    return this.database.get(configurationSchema, 'SELECT * FROM configuration WHERE id = $id', { id })
  }

  all(): StoredConfiguration[] {
    return this.database.all(configurationSchema, 'SELECT * FROM configuration ORDER BY id')
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
    for (const c of this.all()) {
      const measurements = counts.get(c.id) ?? 0
      if (measurements === 0) continue
      const id = seriesId(c)
      const kinds = kindsIn(c)
      series.set(id, {
        id,
        perturbation: c.perturbation,
        scheme: c.requested_scheme,
        unit: c.unit,
        ...(kinds === null ? {} : { kinds }),
        sampling: c.sampling,
        seed: c.seed,
        images: c.images,
        evaluationHash: c.evaluation,
        precision: c.precision,
        provider: c.provider,
        measurements: (series.get(id)?.measurements ?? 0) + measurements
      })
    }
    return [...series.values()].sort((a, b) => b.measurements - a.measurements)
  }
}
