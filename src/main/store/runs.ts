import { z } from 'zod'
import { runSchema, type Run } from '@shared/contract/measurement'
import type { StudyDatabase } from './database'

/** A column of JSON. */
const json = z.string().transform((text): unknown => JSON.parse(text))

const rowSchema = z
  .object({
    id: z.number(),
    spec: json,
    state: z.string(),
    created_at: z.string(),
    finished_at: z.string().nullable(),
    progress: json,
    failures: json,
    notes: json,
    execution: json.nullable(),
    place: z.number().nullable()
  })
  .transform(({ created_at: createdAt, finished_at: finishedAt, ...row }) =>
    runSchema.parse({ ...row, createdAt, finishedAt })
  )

/** A run, and the process that works on it. */
const ownerSchema = z.object({ id: z.number(), owner: z.string().nullable() })

export class RunTable {
  private readonly database: StudyDatabase

  constructor(database: StudyDatabase) {
    this.database = database
  }

  all(): Run[] {
    return this.database.all(rowSchema, 'SELECT * FROM run ORDER BY id')
  }

  /** Runs that were being worked on, or waited, when the study was left, in their order, and by which process. */
  unfinished(): z.infer<typeof ownerSchema>[] {
    return this.database.all(
      ownerSchema,
      "SELECT id, owner FROM run WHERE state IN ('running', 'queued') ORDER BY state = 'running' DESC, place, id"
    )
  }

  /** The process that works on it, or has worked on it last. */
  owner(id: number): string | null {
    const row = this.database.get(ownerSchema, 'SELECT id, owner FROM run WHERE id = $id', { id })
    return row?.owner ?? null
  }

  own(id: number, owner: string): void {
    this.database.run('UPDATE run SET owner = $owner WHERE id = $id', { id, owner })
  }

  get(id: number): Run | null {
    return this.database.get(rowSchema, 'SELECT * FROM run WHERE id = $id', { id })
  }

  add(run: Omit<Run, 'id'>): Run {
    const { lastId } = this.database.run(
      `INSERT INTO run (spec, state, created_at, finished_at, progress, failures, notes, execution, place)
       VALUES ($spec, $state, $createdAt, $finishedAt, $progress, $failures, $notes, $execution, $place)`,
      columns(run)
    )
    return { ...run, id: lastId }
  }

  update(run: Run): void {
    this.database.run(
      `UPDATE run SET spec = $spec, state = $state, created_at = $createdAt, finished_at = $finishedAt,
         progress = $progress, failures = $failures, notes = $notes, execution = $execution, place = $place WHERE id = $id`,
      { id: run.id, ...columns(run) }
    )
  }
}

function columns(run: Omit<Run, 'id'>) {
  return {
    spec: JSON.stringify(run.spec),
    state: run.state,
    createdAt: run.createdAt,
    finishedAt: run.finishedAt,
    progress: JSON.stringify(run.progress),
    failures: JSON.stringify(run.failures),
    notes: JSON.stringify(run.notes),
    execution: run.execution === null ? null : JSON.stringify(run.execution),
    place: run.place
  }
}
