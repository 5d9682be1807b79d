import { z } from 'zod'
import { evaluationSchema, type Evaluation } from '@shared/contract/evaluation'
import type { StudyDatabase } from './database'

export interface StoredEvaluation {
  /** Names pixels and labels: part of every result's key. */
  readonly key: string
  readonly evaluation: Evaluation
  readonly labels: readonly number[] | null
  readonly files: readonly string[]
}

const rowSchema = z.object({
  key: z.string(),
  description: z.string(),
  labels: z.instanceof(Uint8Array).nullable(),
  files: z.string()
})

export class EvaluationTable {
  private readonly database: StudyDatabase

  constructor(database: StudyDatabase) {
    this.database = database
  }

  current(): StoredEvaluation | null {
    const row = this.database.get(
      rowSchema,
      'SELECT key, description, labels, files FROM evaluation WHERE current = 1'
    )
    if (row === null) return null
    const { labels } = row
    return {
      key: row.key,
      evaluation: evaluationSchema.parse(JSON.parse(row.description)),
      labels: labels === null ? null : [...new Int32Array(new Uint8Array(labels).buffer)],
      files: z.array(z.string()).parse(JSON.parse(row.files))
    }
  }

  /** Makes it the study's set; earlier ones stay for the results that were measured with them. */
  set({ key, evaluation, labels, files }: StoredEvaluation): void {
    this.database.transaction(() => {
      this.database.run('UPDATE evaluation SET current = 0')
      this.database.run(
        `INSERT INTO evaluation (key, description, labels, files, current)
         VALUES ($key, $description, $labels, $files, 1)
         ON CONFLICT (key) DO UPDATE SET description = $description, files = $files, current = 1`,
        {
          key,
          description: JSON.stringify(evaluation),
          labels: labels === null ? null : new Uint8Array(Int32Array.from(labels).buffer),
          files: JSON.stringify(files)
        }
      )
    })
  }
}
