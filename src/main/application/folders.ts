import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** Where the application keeps what is not a study. */
export interface Folders {
  readonly data: string
  /** Prepared pixels; may be deleted at any time. */
  readonly cache: string
  /** Files that came through a browser. */
  readonly uploads: string
  /** Studies that were made without a place of the user's. */
  readonly studies: string
  /** The sample's checkpoints, images and study. */
  readonly sample: string
  /** Threads and batch sizes that run networks fastest here. */
  readonly calibrations: string
  readonly log: string
}

export function foldersIn(data: string): Folders {
  return {
    data,
    cache: join(data, 'cache'),
    uploads: join(data, 'uploads'),
    studies: join(data, 'studies'),
    sample: join(data, 'sample'),
    calibrations: join(data, 'calibrations.json'),
    log: join(data, 'linchpin.log')
  }
}

export function makeFolders(folders: Folders): void {
  for (const folder of [folders.data, folders.cache, folders.uploads, folders.studies]) {
    mkdirSync(folder, { recursive: true })
  }
}
