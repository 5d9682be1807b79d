import { closeSync, existsSync, openSync, readFileSync, readSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import type { z } from 'zod'
import { LinchpinError } from '@shared/errors'
import { fileError } from '../files/errors'
import { MIGRATIONS } from './migrations'

/** "LPIN": tells a study from any other SQLite file. */
const APPLICATION_ID = 0x4c50494e
/** How long a statement waits for another process that writes, in milliseconds. */
const BUSY_TIMEOUT = 10_000

type Value = string | number | bigint | Buffer | Uint8Array | null
export type Parameters = Readonly<Record<string, Value>>

/** One SQLite file. Every method throws errors that the user can read: DISK_FULL, FILE_UNWRITABLE, STUDY_INVALID. */
export class StudyDatabase {
  readonly path: string
  private readonly connection: Database.Database

  private constructor(path: string, connection: Database.Database) {
    this.path = path
    this.connection = connection
  }

  /**
   * @param create whether a file that is not there is made.
   * @throws FILE_NOT_FOUND, FILE_UNWRITABLE, STUDY_INVALID, STUDY_NEWER, DISK_FULL.
   */
  static open(path: string, create: boolean): StudyDatabase {
    const exists = existsSync(path)
    if (!exists && !create) throw fileError(Object.assign(new Error(), { code: 'ENOENT' }), path, 'read')
    if (exists) checkSignature(path, create)
    return guarded(path, () => {
      try {
        return StudyDatabase.prepared(path, new Database(path, { timeout: BUSY_TIMEOUT }))
      } catch (error) {
        if (!exists || !isUnwritable(error)) throw error
        return StudyDatabase.prepared(path, readOnlyCopy(path))
      }
    })
  }

  private static prepared(path: string, connection: Database.Database): StudyDatabase {
    try {
      const database = new StudyDatabase(path, connection)
      database.prepare()
      return database
    } catch (error) {
      connection.close()
      throw error
    }
  }

  private prepare(): void {
    const pragma = (name: string): unknown => this.connection.pragma(name, { simple: true })
    const version = Number(pragma('user_version'))
    const id = Number(pragma('application_id'))
    const empty = version === 0 && Number(pragma('schema_version')) === 0
    if (!empty && id !== APPLICATION_ID) {
      throw new LinchpinError('STUDY_INVALID', `"${this.path}" is a SQLite file of another program.`)
    }
    if (version > MIGRATIONS.length) {
      throw new LinchpinError(
        'STUDY_NEWER',
        `"${this.path}" has version ${String(version)}; this program reads up to ${String(MIGRATIONS.length)}.`,
        { fix: 'Install the newest version of Linchpin.' }
      )
    }
    if (!this.connection.memory) this.connection.pragma('journal_mode = WAL')
    this.connection.pragma('synchronous = NORMAL')
    if (version < MIGRATIONS.length) this.migrate(version)
    this.connection.pragma('foreign_keys = ON')
  }

  private migrate(version: number): void {
    // A table that others refer to is replaced by another one of its name. Within a transaction this has no effect.
    this.connection.pragma('foreign_keys = OFF')
    this.connection
      .transaction(() => {
        this.connection.pragma(`application_id = ${String(APPLICATION_ID)}`)
        MIGRATIONS.slice(version).forEach((sql, i) => {
          this.connection.exec(sql)
          this.connection.pragma(`user_version = ${String(version + i + 1)}`)
        })
      })
      .immediate()
  }

  /** Refuses every write from now on, where none can reach the file. */
  protect(): void {
    if (this.connection.memory) this.connection.pragma('query_only = ON')
  }

  /** False for the copy in memory of a study that cannot be written. */
  get writable(): boolean {
    return !this.connection.memory
  }

  run(sql: string, parameters: Parameters = {}): { changes: number; lastId: number } {
    return guarded(this.path, () => {
      const { changes, lastInsertRowid } = this.connection.prepare(sql).run(parameters)
      return { changes, lastId: Number(lastInsertRowid) }
    })
  }

  all<T>(schema: z.ZodType<T>, sql: string, parameters: Parameters = {}): T[] {
    return guarded(this.path, () => this.connection.prepare(sql).all(parameters)).map((row) =>
      schema.parse(row)
    )
  }

  get<T>(schema: z.ZodType<T>, sql: string, parameters: Parameters = {}): T | null {
    const row = guarded(this.path, () => this.connection.prepare(sql).get(parameters))
    return row === undefined ? null : schema.parse(row)
  }

  /** All or nothing. */
  transaction<T>(work: () => T): T {
    return guarded(this.path, () => this.connection.transaction(work).immediate())
  }

  close(): void {
    this.connection.close()
  }
}

function isUnwritable(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(READONLY|CANTOPEN|IOERR)/.test(error.code)
}

/**
 * A study on a read-only disk, in memory: brought up to date it can be looked at, and is protected then. SQLite cannot
 * open a database in WAL mode where it cannot make its shared-memory file, so the copy's header says rollback journal.
 * Source: the SQLite file format, bytes 18 and 19.
 */
function readOnlyCopy(path: string): Database.Database {
  const log = `${path}-wal`
  if (existsSync(log) && statSync(log).isFile() && statSync(log).size > 0) {
    throw new LinchpinError(
      'FILE_UNWRITABLE',
      `"${path}" was not closed: its latest results are in "${log}", which cannot be taken in here.`,
      { fix: 'Copy both files to a folder that can be written, and open the copy.' }
    )
  }
  const bytes = readFileSync(path)
  bytes[18] = 1
  bytes[19] = 1
  return new Database(bytes)
}

/** SQLite itself would take an empty file for a new database, and a text file for a damaged one. */
function checkSignature(path: string, create: boolean): void {
  const head = Buffer.alloc(16)
  try {
    const file = openSync(path, 'r')
    try {
      if (readSync(file, head) === 0 && create) return
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw fileError(error, path, 'read')
  }
  if (head.toString('latin1') !== 'SQLite format 3\0') {
    throw new LinchpinError('STUDY_INVALID', `"${path}" is no SQLite file.`, {
      fix: 'Choose a .linchpin file.'
    })
  }
}

/** Where a side file cannot grow, SQLite reports another error than that the disk is full. */
function isDiskFull(path: string): boolean {
  try {
    const { bavail, blocks, bsize } = statfsSync(dirname(path))
    return blocks > 0 && bavail * bsize < 1 << 16
  } catch {
    return false
  }
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof Database.SqliteError ? readable(error, path) : error
  }
}

function readable(error: InstanceType<typeof Database.SqliteError>, path: string): Error {
  const { code } = error
  const as = (
    kind: 'DISK_FULL' | 'FILE_UNWRITABLE' | 'STUDY_INVALID',
    fact: string,
    fix: string
  ): LinchpinError => new LinchpinError(kind, fact, { fix, cause: error })
  if (code === 'SQLITE_FULL' || (isUnwritable(error) && isDiskFull(path)))
    return as('DISK_FULL', `"${path}" cannot grow.`, 'Free some space and try again.')
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || code === 'SQLITE_PERM') {
    return as(
      'FILE_UNWRITABLE',
      `"${path}" (${code}).`,
      'A study is written while it is open: copy it to a folder that can be written.'
    )
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return as(
      'FILE_UNWRITABLE',
      `"${path}" is being written by another program.`,
      'Close the other program and try again.'
    )
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return as('FILE_UNWRITABLE', `"${path}" (${code}).`, 'Check the disk and its free space.')
  }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return as('STUDY_INVALID', `"${path}" is damaged (${error.message}).`, 'Restore it from a copy.')
  }
  return error
}
