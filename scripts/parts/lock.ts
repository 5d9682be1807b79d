/** One holder at a time, across processes. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Waits until no other process holds `file`, then runs `work` holding it.
 * SQLite's file lock belongs to the operating system, which frees it when its holder dies: there is no stale
 * lock to detect. The wait sleeps inside SQLite, up to 100 ms at a time, and leaves Ctrl-C its default action.
 */
export async function withLock<T>(file: string, patienceMs: number, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true })
  const lock = new DatabaseSync(file, { timeout: patienceMs })
  try {
    take(lock, file)
    return await work()
  } finally {
    lock.close()
  }
}

const sqliteBusy = 5

function take(lock: DatabaseSync, file: string): void {
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy)) throw error
    throw new Error(`Another process still holds ${file}. End it, or wait, and try again.`, { cause: error })
  }
}
