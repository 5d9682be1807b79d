import { shallowReactive, shallowRef } from 'vue'
import type { Inspection, ModelOptions } from '@shared/contract/model'
import type { ImportRequest } from '@shared/contract/study'
import { toProblem, type Problem } from '@shared/errors'
import type { Connection } from '../client/connection'
import type { DroppedEntry } from '../client/drop'
import { newGroup } from '../client/group'
import { guessCategory } from './category'
import { baseName } from './format'
import { Limit } from '../client/limit'
import type { StudyState } from './study'

export type RowState = 'waiting' | 'uploading' | 'reading' | 'ready' | 'failed' | 'adding' | 'existing'

/** What the user may correct of a file. */
interface Corrections {
  name: string
  category: string
  /** One of the file's choices; empty: automatic. */
  architecture: string
  /** Three numbers as typed, separated by commas. */
  mean: string
  std: string
  normalizationEdited: boolean
}

/** A file on its way into the study. */
export interface ImportRow extends Corrections {
  readonly key: number
  readonly file: string
  state: RowState
  /** Fraction uploaded. */
  uploaded: number
  path: string | null
  inspection: Inspection | null
  problem: Problem | null
}

const CONCURRENT = 3

/** `0.485, 0.456, 0.406` → three numbers; null where it is anything else. */
export function parseTriple(text: string): number[] | null {
  const parts = text.split(/[,;\s]+/).filter((part) => part !== '')
  const numbers = parts.map(Number)
  return numbers.length === 3 && numbers.every(Number.isFinite) ? numbers : null
}

/** The files of the import sheet. Each is uploaded, read and added by calls of its own: none blocks another. */
export class ImportList {
  readonly rows = shallowRef<readonly ImportRow[]>([])
  private readonly connection: Connection
  private readonly study: StudyState
  private readonly limit = new Limit(CONCURRENT)
  private nextKey = 0

  constructor(connection: Connection, study: StudyState) {
    this.connection = connection
    this.study = study
  }

  addPaths(paths: readonly string[]): void {
    for (const path of paths) {
      const row = this.newRow(baseName(path))
      row.path = path
      void this.inspect(row)
    }
  }

  /** Companions are in place before the first checkpoint is read. */
  addDropped(checkpoints: readonly DroppedEntry[], companions: readonly DroppedEntry[]): void {
    const group = newGroup()
    const send = (entry: DroppedEntry, row?: ImportRow): Promise<string> => {
      if (entry.file === null) return Promise.reject(new Error(`“${entry.name}” is not a file.`))
      return this.connection.filePath(
        entry.file,
        (done) => {
          if (row) row.uploaded = done
        },
        { group, path: entry.name }
      )
    }
    const besides = Promise.all(
      this.connection.kind === 'browser' ? companions.map((entry) => this.limit.run(() => send(entry))) : []
    )
    // Each row awaits this and reports its failure; nobody else needs to.
    besides.catch(() => undefined)
    for (const entry of checkpoints) {
      const row = this.newRow(entry.name)
      void this.fetch(row, async () => {
        await besides
        return await send(entry, row)
      })
    }
  }

  /** Reads the file again, after the architecture was chosen by hand. */
  async inspect(row: ImportRow): Promise<void> {
    const { path } = row
    if (path === null) return
    row.state = 'waiting'
    row.problem = null
    try {
      const [inspection] = await this.limit.run(() => {
        row.state = 'reading'
        const options: ModelOptions = row.architecture === '' ? {} : { architecture: row.architecture }
        return this.connection.client.models.inspect({ files: [{ path, options }] })
      })
      if (inspection === undefined) throw new Error(`Nothing was read from “${row.file}”.`)
      this.setInspection(row, inspection)
    } catch (error) {
      this.fail(row, toProblem(error))
    }
  }

  /** Corrects what was read. */
  edit(row: ImportRow, change: Partial<Corrections>): void {
    Object.assign(row, change)
  }

  remove(row: ImportRow): void {
    this.rows.value = this.rows.value.filter((other) => other !== row)
  }

  clear(): void {
    this.rows.value = []
  }

  /** Adds every file that was read; those that were added leave the list. */
  async addReady(): Promise<void> {
    for (const row of this.rows.value.filter((other) => other.state === 'ready')) await this.add(row)
  }

  private async add(row: ImportRow): Promise<void> {
    const request = importRequest(row)
    if (request === null) return
    row.state = 'adding'
    try {
      const models = [request]
      const [outcome] = await this.connection.client.models.add({ study: this.study.id, models })
      if (outcome?.problem) this.fail(row, outcome.problem)
      else if (outcome?.existing) row.state = 'existing'
      else this.remove(row)
    } catch (error) {
      this.fail(row, toProblem(error))
    }
  }

  private newRow(file: string): ImportRow {
    const stem = file.replace(/\.(safetensors|onnx|pth|pt|ckpt|bin|tar|npz|pkl)$/i, '')
    const row = shallowReactive<ImportRow>({
      key: this.nextKey++,
      file,
      state: 'waiting',
      uploaded: 0,
      path: null,
      inspection: null,
      problem: null,
      name: stem,
      category: guessCategory(stem),
      architecture: '',
      mean: '',
      std: '',
      normalizationEdited: false
    })
    this.rows.value = [...this.rows.value, row]
    return row
  }

  private async fetch(row: ImportRow, send: () => Promise<string>): Promise<void> {
    try {
      row.path = await this.limit.run(() => {
        row.state = 'uploading'
        return send()
      })
    } catch (error) {
      this.fail(row, toProblem(error))
      return
    }
    await this.inspect(row)
  }

  private setInspection(row: ImportRow, inspection: Inspection): void {
    row.inspection = inspection
    if (inspection.normalization && !row.normalizationEdited) {
      row.mean = inspection.normalization.mean.join(', ')
      row.std = inspection.normalization.std.join(', ')
    }
    if (inspection.error) this.fail(row, inspection.error)
    else row.state = 'ready'
  }

  private fail(row: ImportRow, problem: Problem): void {
    row.problem = problem
    row.state = 'failed'
  }
}

/** Null where the normalisation is not three numbers each. */
export function importRequest(row: ImportRow): ImportRequest | null {
  if (row.path === null) return null
  const options: ModelOptions = {}
  if (row.architecture !== '') options.architecture = row.architecture
  if (row.normalizationEdited) {
    const mean = parseTriple(row.mean)
    const std = parseTriple(row.std)
    if (mean === null || std === null || std.some((value) => value <= 0)) return null
    options.mean = mean
    options.std = std
  }
  const name = row.name.trim()
  const category = row.category.trim()
  return {
    path: row.path,
    ...(name === '' ? {} : { name }),
    ...(category === '' ? {} : { category }),
    options
  }
}
