import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { recentStudySchema } from '@shared/contract/study'
import { errnoOf } from '../files/errors'

type Recent = z.infer<typeof recentStudySchema>

const MOST = 20

/** Studies opened lately, newest first, in a JSON file of the data folder. */
export class RecentStudies {
  private readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** Whether any study was ever opened here: false on the first start. */
  get any(): boolean {
    return this.read().length > 0
  }

  list(): Recent[] {
    return this.read().filter(({ path }) => existsSync(path))
  }

  add(name: string, path: string): void {
    const others = this.read().filter((entry) => entry.path !== path)
    const list = [{ name, path, openedAt: new Date().toISOString() }, ...others].slice(0, MOST)
    const temporary = `${this.path}.${String(process.pid)}`
    try {
      writeFileSync(temporary, JSON.stringify(list, null, 2))
      renameSync(temporary, this.path)
    } catch (error) {
      // E.g. a full disk: no reason not to open the study.
      if (errnoOf(error) === undefined) throw error
    }
  }

  /** A list that is damaged is no reason not to start. */
  private read(): Recent[] {
    try {
      return z.array(recentStudySchema).parse(JSON.parse(readFileSync(this.path, 'utf8')))
    } catch {
      return []
    }
  }
}
