import { basename } from 'node:path'
import { z } from 'zod'
import { CellTable } from './cells'
import { ConfigurationTable } from './configurations'
import { StudyDatabase } from './database'
import { EvaluationTable } from './evaluations'
import { MeasurementTable } from './measurements'
import { ModelTable } from './models'
import { OriginalTable } from './originals'
import { RunTable } from './runs'

export type { StoredEvaluation } from './evaluations'
export type { StoredModel } from './models'
export { belongsTo, kindsIn, seriesId, type Configuration, type StoredConfiguration } from './configurations'
export type { Coverage, Piece, StoredTrial, TrialDistances } from './measurements'

/** A study: one SQLite file, open for reading and writing. */
export class StudyStore {
  readonly path: string
  readonly models: ModelTable
  readonly evaluations: EvaluationTable
  readonly configurations: ConfigurationTable
  readonly measurements: MeasurementTable
  readonly cells: CellTable
  readonly originals: OriginalTable
  readonly runs: RunTable
  private readonly database: StudyDatabase

  private constructor(database: StudyDatabase) {
    this.database = database
    this.path = database.path
    this.models = new ModelTable(database)
    this.evaluations = new EvaluationTable(database)
    this.configurations = new ConfigurationTable(database)
    this.measurements = new MeasurementTable(database)
    this.cells = new CellTable(database)
    this.originals = new OriginalTable(database)
    this.runs = new RunTable(database)
  }

  /**
   * @param options.bringUp is given the study before anyone sees it, to bring what is derived up to date.
   * @throws FILE_NOT_FOUND, FILE_UNWRITABLE, STUDY_INVALID, STUDY_NEWER, DISK_FULL.
   */
  static open(
    path: string,
    options: {
      readonly create?: { readonly name: string; readonly sample?: boolean } | undefined
      readonly bringUp?: (store: StudyStore) => void
    } = {}
  ): StudyStore {
    const database = StudyDatabase.open(path, options.create !== undefined)
    try {
      const named = database.get(z.object({ id: z.number() }), 'SELECT id FROM study')
      if (named === null)
        database.run(
          'INSERT INTO study (id, name, created_at, sample) VALUES (1, $name, $createdAt, $sample) ON CONFLICT DO NOTHING',
          {
            name: options.create?.name ?? basename(path).replace(/\.linchpin$/i, ''),
            createdAt: new Date().toISOString(),
            sample: options.create?.sample === true ? 1 : 0
          }
        )
      const store = new StudyStore(database)
      options.bringUp?.(store)
      database.protect()
      return store
    } catch (error) {
      database.close()
      throw error
    }
  }

  info(): { name: string; sample: boolean } {
    const row = this.database.get(
      z.object({ name: z.string(), sample: z.number() }),
      'SELECT name, sample FROM study'
    )
    return { name: row?.name ?? '', sample: row?.sample === 1 }
  }

  /** False: it is on a disk that cannot be written, and can only be looked at. */
  get writable(): boolean {
    return this.database.writable
  }

  transaction<T>(work: () => T): T {
    return this.database.transaction(work)
  }

  close(): void {
    this.database.close()
  }
}
