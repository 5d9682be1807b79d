import { z } from 'zod'
import { outcomeSchema, type Cell } from '@shared/contract/measurement'
import type { StudyDatabase } from './database'

const optional = z.number().nullable()

const rowSchema = z
  .object({
    layer: z.string(),
    mean: z.number(),
    std: optional,
    standard_error: optional,
    degrees_of_freedom: optional,
    interval_low: optional,
    interval_high: optional,
    var_trial: optional,
    var_image: optional,
    var_rest: optional,
    var_within: optional,
    trials: z.number(),
    images: z.number(),
    observations: z.number(),
    complete: z.number(),
    target_se: optional,
    outcome: outcomeSchema.nullable()
  })
  .transform((row): Cell => ({
    layer: row.layer,
    mean: row.mean,
    std: row.std,
    standardError: row.standard_error,
    degreesOfFreedom: row.degrees_of_freedom,
    interval:
      row.interval_low === null || row.interval_high === null ? null : [row.interval_low, row.interval_high],
    components: {
      trial: row.var_trial,
      image: row.var_image,
      rest: row.var_rest,
      within: row.var_within
    },
    trials: row.trials,
    images: row.images,
    observations: row.observations,
    complete: row.complete === 1,
    targetSe: row.target_se,
    outcome: row.outcome
  }))

const COLUMNS = [
  'configuration', 'layer', 'mean', 'std', 'standard_error', 'degrees_of_freedom', 'interval_low', 'interval_high',
  'var_trial', 'var_image', 'var_rest', 'var_within', 'trials', 'images', 'observations', 'complete', 'target_se',
  'outcome'
] as const // prettier-ignore

const UPSERT = `INSERT INTO cell (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map((name) => `$${name}`).join(', ')})
  ON CONFLICT DO UPDATE SET ${COLUMNS.map((name) => `${name} = $${name}`).join(', ')}`

const placeSchema = z.object({ configuration: z.number(), layer: z.string() })

/** What is known of each unit from its trials. */
export class CellTable {
  private readonly database: StudyDatabase

  constructor(database: StudyDatabase) {
    this.database = database
  }

  of(configuration: number): Cell[] {
    return this.database.all(rowSchema, 'SELECT * FROM cell WHERE configuration = $configuration', {
      configuration
    })
  }

  get(configuration: number, layer: string): Cell | null {
    return this.database.get(
      rowSchema,
      'SELECT * FROM cell WHERE configuration = $configuration AND layer = $layer',
      { configuration, layer }
    )
  }

  set(configuration: number, cell: Cell): void {
    const { components, interval } = cell
    this.database.run(UPSERT, {
      configuration,
      layer: cell.layer,
      mean: cell.mean,
      std: cell.std,
      standard_error: cell.standardError,
      degrees_of_freedom: cell.degreesOfFreedom,
      interval_low: interval?.[0] ?? null,
      interval_high: interval?.[1] ?? null,
      var_trial: components.trial,
      var_image: components.image,
      var_rest: components.rest,
      var_within: components.within,
      trials: cell.trials,
      images: cell.images,
      observations: cell.observations,
      complete: cell.complete ? 1 : 0,
      target_se: cell.targetSe,
      outcome: cell.outcome
    })
  }

  remove(configuration: number, layer: string): void {
    this.database.run('DELETE FROM cell WHERE configuration = $configuration AND layer = $layer', {
      configuration,
      layer
    })
  }

  /** Units whose cell is missing, or of other trials and images than are stored; and cells of nothing. */
  stale(): z.infer<typeof placeSchema>[] {
    return this.database.all(
      placeSchema,
      `SELECT configuration, layer FROM
         (SELECT configuration, layer, count(*) AS trials, sum(images) AS observations FROM measurement
          GROUP BY configuration, layer) AS stored
         FULL JOIN cell USING (configuration, layer)
       WHERE stored.trials IS NOT cell.trials OR stored.observations IS NOT cell.observations`
    )
  }
}
