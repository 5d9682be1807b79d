import { shallowReactive, shallowRef } from 'vue'
import type { Inspection, ModelOptions } from '@shared/contract/model'
import { toProblem, type Problem } from '@shared/errors'
import { stemOf } from '../../client/checkpoint-names'
import type { Connection } from '../../client/connection'
import type { DroppedEntry } from '../../client/drop'
import { newGroup } from '../../client/group'
import { Limit } from '../../client/limit'
import { Placement } from '../../client/placement'
import { companionsOf, sortPaths } from '../../client/sorting'
import { guessCategory } from '../category'
import { baseName } from '../format'
import { tripleText } from '../normalization'
import type { StudyState } from '../study'
import { RowChecks } from './checking'
import { pairsOf } from './pairing'
import {
  importRequest,
  isBusy,
  isReady,
  readingOf,
  readingOptions,
  type HeadFile,
  type ImportRow,
  type Naming,
  type Reading
} from './row'

const CONCURRENT = 3
/** Names that say nothing: the folder's says more. */
const GENERIC = /^(model|pytorch_model|checkpoint|weights|model_best)$/i

/** Ends when the signal is aborted. */
type Send = (signal: AbortSignal) => Promise<string>

interface NewRow {
  readonly file: string
  readonly folder: string | undefined
  readonly batch: number
  readonly companions: readonly { readonly name: string }[]
}

/** The files of the import sheet. Each is uploaded, read and added by calls of its own: none blocks another. */
export class ImportList {
  readonly rows = shallowRef<readonly ImportRow[]>([])
  private readonly connection: Connection
  private readonly study: StudyState
  private readonly limit = new Limit(CONCURRENT)
  private readonly checks: RowChecks
  /** Ends what is under way for a row: an answer that comes after it is stale. */
  private readonly under = new Map<ImportRow, AbortController>()
  /** Sends a row's file, again if need be. */
  private readonly senders = new Map<ImportRow, Send>()
  private nextKey = 0
  private nextBatch = 0

  constructor(connection: Connection, study: StudyState) {
    this.connection = connection
    this.study = study
    this.checks = new RowChecks(connection.client, study)
  }

  addPaths(paths: readonly string[]): void {
    const batch = this.nextBatch++
    const entries = paths.map((path) => {
      const name = baseName(path)
      return { path, name, directory: false, folder: path.slice(0, path.length - name.length) }
    })
    const { companions } = sortPaths(entries)
    const rows = entries
      .filter((entry) => !companions.includes(entry))
      .map((entry) => {
        const { name: file, folder, path } = entry
        const row = this.newRow({
          file,
          folder: baseName(folder),
          batch,
          companions: companionsOf(entry, companions)
        })
        row.path = path
        return row
      })
    for (const row of rows) void this.inspect(row)
  }

  addDropped(checkpoints: readonly DroppedEntry[], companions: readonly DroppedEntry[]): void {
    const batch = this.nextBatch++
    const placement = new Placement(this.connection, companions, this.limit)
    const rows = checkpoints.map((entry) => {
      const { name: file, folder } = entry
      const row = this.newRow({ file, folder, batch, companions: companionsOf(entry, companions) })
      this.senders.set(row, (signal) => placement.path(entry, (done) => (row.uploaded = done), signal))
      return row
    })
    for (const row of rows) void this.readAgain(row)
  }

  /** Sends the file if it is not there yet, and reads it. */
  async readAgain(row: ImportRow): Promise<void> {
    const send = this.senders.get(row)
    if (row.path === null && send) {
      const path = await this.upload(row, send)
      if (path === null) return
      row.path = path
    }
    await this.inspect(row)
  }

  /** Names the model: nothing is read anew. */
  edit(row: ImportRow, change: Partial<Naming>): void {
    Object.assign(row, change)
  }

  /** Corrects how the file is read, and reads it so with all that was corrected. */
  correct(row: ImportRow, change: Partial<Reading>): Promise<void> {
    Object.assign(row, change)
    return readingOptions(row) === null ? Promise.resolve() : this.inspect(row)
  }

  /** Reads a file as an alternative of its check does. */
  useReading(row: ImportRow, options: ModelOptions): Promise<void> {
    return this.correct(row, readingOf(options, row))
  }

  /** Takes the classifier that another row is. */
  attach(row: ImportRow, head: ImportRow): Promise<void> {
    const { path, file } = head
    if (path === null) return Promise.resolve()
    this.remove(head)
    return this.correct(row, { head: { path, file, row: head } })
  }

  /** Takes the classifier from a file of the user's. */
  async attachFile(row: ImportRow, file: File): Promise<void> {
    const place = { group: newGroup(), path: file.name }
    const send = (signal: AbortSignal): Promise<string> =>
      this.limit.run(() => {
        signal.throwIfAborted()
        return this.connection.filePath(file, (done) => (row.uploaded = done), place, signal)
      })
    const path = await this.upload(row, send)
    if (path !== null) await this.attachPath(row, path, file.name)
  }

  attachPath(row: ImportRow, path: string, file = baseName(path)): Promise<void> {
    return this.correct(row, { head: { path, file, row: null } })
  }

  /** Gives the classifier back: to its own row, if it had one. */
  takeApart(row: ImportRow): Promise<void> {
    const head: HeadFile | null = row.head
    row.apart = true
    if (head?.row) {
      head.row.apart = true
      const at = this.rows.value.indexOf(row) + 1
      this.rows.value = this.rows.value.toSpliced(at, 0, head.row)
    }
    return this.correct(row, { head: null })
  }

  /** Checks a row that was read, again or because there is an evaluation set now. */
  async check(row: ImportRow): Promise<void> {
    const signal = this.under.get(row)?.signal
    if (isReady(row) && signal) await this.checks.run(row, signal)
  }

  checkAll(): void {
    for (const row of this.rows.value) void this.check(row)
  }

  remove(row: ImportRow): void {
    this.under.get(row)?.abort()
    this.under.delete(row)
    this.rows.value = this.rows.value.filter((other) => other !== row)
  }

  clear(): void {
    for (const row of this.rows.value) this.remove(row)
    this.senders.clear()
  }

  /** Adds every file that was read; those that were added leave the list. */
  async addReady(): Promise<void> {
    for (const row of this.rows.value.filter(isReady)) await this.add(row)
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

  private async inspect(row: ImportRow): Promise<void> {
    const { path } = row
    const options = readingOptions(row)
    if (path === null || options === null) return
    const signal = this.begin(row)
    row.state = 'waiting'
    row.problem = null
    row.check = { state: 'none' }
    try {
      const [inspection] = await this.limit.run(async () => {
        if (signal.aborted) return []
        row.state = 'reading'
        return await this.connection.client.models.inspect({ files: [{ path, options }] }, { signal })
      })
      if (signal.aborted) return
      if (inspection === undefined) throw new Error(`Nothing was read from “${row.file}”.`)
      this.setInspection(row, inspection)
    } catch (error) {
      if (signal.aborted) return
      this.fail(row, toProblem(error))
    }
    this.pair(row.batch)
    if (isReady(row)) await this.checks.run(row, signal)
  }

  /** What was under way for the row is stale from here on. */
  private begin(row: ImportRow): AbortSignal {
    this.under.get(row)?.abort()
    const controller = new AbortController()
    this.under.set(row, controller)
    return controller.signal
  }

  /** Pairs what was dropped together, once all of it was read. */
  private pair(batch: number): void {
    const together = this.rows.value.filter((row) => row.batch === batch)
    if (together.some(isBusy)) return
    for (const { model, head } of pairsOf(together)) void this.attach(model, head)
  }

  /** Null when it failed, which the row says, or is of no use any more. */
  private async upload(row: ImportRow, send: Send): Promise<string | null> {
    const signal = this.begin(row)
    row.state = 'uploading'
    row.uploaded = 0
    row.problem = null
    try {
      const path = await send(signal)
      return signal.aborted ? null : path
    } catch (error) {
      if (!signal.aborted) this.fail(row, toProblem(error))
      return null
    }
  }

  private newRow({ file, folder, batch, companions }: NewRow): ImportRow {
    const stem = stemOf(file)
    const name = GENERIC.test(stem) && folder ? folder : stem
    const row = shallowReactive<ImportRow>({
      key: this.nextKey++,
      file,
      batch,
      companions: companions.map((companion) => companion.name),
      state: 'waiting',
      uploaded: 0,
      path: null,
      inspection: null,
      problem: null,
      apart: false,
      check: { state: 'none' },
      name,
      category: guessCategory(name),
      architecture: '',
      heads: '',
      weights: '',
      prefix: null,
      output: '',
      channels: '',
      head: null,
      epsilon: null,
      mean: '',
      std: '',
      normalizationEdited: false
    })
    this.rows.value = [...this.rows.value, row]
    return row
  }

  private setInspection(row: ImportRow, inspection: Inspection): void {
    row.inspection = inspection
    if (inspection.normalization && !row.normalizationEdited) {
      row.mean = tripleText(inspection.normalization.mean)
      row.std = tripleText(inspection.normalization.std)
    }
    if (inspection.error) this.fail(row, inspection.error)
    else row.state = 'ready'
  }

  private fail(row: ImportRow, problem: Problem): void {
    row.problem = problem
    row.state = 'failed'
  }
}
