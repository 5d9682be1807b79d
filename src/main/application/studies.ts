import { existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { LinchpinError } from '@shared/errors'
import { fileError } from '../files/errors'
import { StudyStore } from '../store'
import type { Folders } from './folders'
import { renewCells } from './measuring/cells'
import type { RecentStudies } from './recent'
import { OpenStudy, studyId } from './study'

const EXTENSION = '.linchpin'

export interface NewStudy {
  readonly name: string
  readonly sample?: boolean
  /** False: the file goes when nothing has come into it until it is closed. */
  readonly keepEmpty?: boolean
}

/** The studies that are open. */
export class Studies {
  private readonly folders: Folders
  private readonly recent: RecentStudies
  private readonly open = new Map<string, OpenStudy>()
  /** Made on the way to a first model or image: not worth a file without one. */
  private readonly provisional = new Set<OpenStudy>()

  constructor(folders: Folders, recent: RecentStudies) {
    this.folders = folders
    this.recent = recent
  }

  /** @throws STUDY_INVALID for one that is not open. */
  get(id: string): OpenStudy {
    const study = this.open.get(id)
    if (study === undefined) {
      throw new LinchpinError('STUDY_INVALID', `No study "${id}" is open.`, { fix: 'Open it again.' })
    }
    return study
  }

  /** @throws what `StudyStore.open` throws. */
  openFile(path: string, create?: NewStudy): OpenStudy {
    if (create !== undefined) makeFolder(dirname(resolve(path)))
    const place = canonical(resolve(path))
    const known = this.open.get(studyId(place))
    if (known !== undefined) return known
    const made = !existsSync(place)
    const study = new OpenStudy(StudyStore.open(place, { create, bringUp: renewCells }))
    this.open.set(study.id, study)
    if (made && create?.keepEmpty === false) this.provisional.add(study)
    this.recent.add(study.info().name, place)
    return study
  }

  /** A new study. @throws STUDY_EXISTS when the given path is taken. */
  create(name: string, path?: string): OpenStudy {
    if (path === undefined) return this.openFile(this.freePath(name), { name })
    const place = extname(path).toLowerCase() === EXTENSION ? path : `${path}${EXTENSION}`
    if (existsSync(place)) {
      throw new LinchpinError('STUDY_EXISTS', `"${place}" is there.`, {
        fix: 'Open it, or choose another name.'
      })
    }
    return this.openFile(place, { name })
  }

  private freePath(name: string): string {
    const base =
      basename(name)
        .replace(/[^\p{L}\p{N} ._-]/gu, '_')
        .trim() || 'Study'
    for (let i = 1; ; i++) {
      const path = join(this.folders.studies, `${i === 1 ? base : `${base} ${String(i)}`}${EXTENSION}`)
      if (!existsSync(path)) return path
    }
  }

  close(): void {
    for (const study of this.open.values()) {
      const unused = this.provisional.has(study) && study.empty
      study.close()
      if (unused) rmSync(study.store.path, { force: true })
    }
    this.open.clear()
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw fileError(error, path, 'write')
  }
}

/** One name for a file, whichever links lead to it and however it is capitalised; also for one that is still to be made. */
function canonical(path: string): string {
  if (existsSync(path)) return realpathSync.native(path)
  const folder = dirname(path)
  return existsSync(folder) ? join(realpathSync.native(folder), basename(path)) : path
}
