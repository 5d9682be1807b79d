import { createHash } from 'node:crypto'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { EventPublisher } from '@orpc/server'
import type { Cell, ModelCells, Run, Series } from '@shared/contract/measurement'
import type { Model } from '@shared/contract/model'
import type { StudyEvent, StudyInfo, StudySnapshot } from '@shared/contract/study'
import { LinchpinError } from '@shared/errors'
import { unitKinds } from './unit-kinds'
import { seriesId, type StoredConfiguration, type StoredModel, type StudyStore } from '../store'

/** Cells and progress are sent at most this often, in milliseconds: a small model has hundreds of results a second. */
const SEND_INTERVAL = 100

/** An open study: its store, and everyone who watches it. */
export class OpenStudy {
  readonly id: string
  readonly store: StudyStore
  private readonly publisher = new EventPublisher<{ event: StudyEvent }>({ maxBufferedEvents: Infinity })
  private readonly waiting = new Map<string, () => StudyEvent[]>()
  private timer: NodeJS.Timeout | null = null

  constructor(store: StudyStore) {
    this.store = store
    this.id = studyId(store.path)
  }

  info(): StudyInfo {
    return { id: this.id, path: this.store.path, ...this.store.info() }
  }

  /** Whether nothing has come into it yet. */
  get empty(): boolean {
    return this.store.models.all().length === 0 && this.store.evaluations.current() === null
  }

  get folder(): string {
    return dirname(this.store.path)
  }

  /** @throws MODEL_UNKNOWN. */
  model(id: string): StoredModel {
    const stored = this.store.models.get(id)
    if (stored !== null) return stored
    const known = this.store.models.all().map(({ model }) => model.id)
    throw new LinchpinError(
      'MODEL_UNKNOWN',
      `"${id}" was asked for; the study has ${known.length === 0 ? 'none' : known.join(', ')}.`
    )
  }

  /** From the study's folder, with `/`, so that both can move together, to another system too; null across drives. */
  relativePath(path: string): string | null {
    const result = relative(this.folder, path)
    return isAbsolute(result) ? null : result.split(sep).join('/')
  }

  /** Where a model's file may be: as it was, or moved along with the study. */
  candidates({ model, relativePath }: StoredModel): string[] {
    return [model.path, ...(relativePath === null ? [] : [resolve(this.folder, relativePath)])]
  }

  snapshot(runs: readonly Run[]): StudySnapshot {
    const evaluation = this.store.evaluations.current()
    return {
      info: this.info(),
      models: this.models(),
      evaluation: evaluation?.evaluation ?? null,
      runs: [...runs],
      series: this.series(),
      cells: this.store.configurations.all().flatMap((configuration) => this.modelCells(configuration))
    }
  }

  models(): StudySnapshot['models'] {
    return this.store.models.all().map(({ model }) => model)
  }

  series(): Series[] {
    return this.store.configurations.series()
  }

  /** A configuration's cells, for the model of the study that it belongs to, if there is one. */
  modelCells(configuration: StoredConfiguration): ModelCells[] {
    const stored = this.store.models.find(configuration.model_hash, configuration.treatment)
    if (stored === null) return []
    const cells = this.cellsOf(stored.model, configuration)
    return cells.length === 0 ? [] : [{ series: seriesId(configuration), model: stored.model.id, cells }]
  }

  /** A configuration's cells in the order of its model's units. */
  cellsOf(model: Model, configuration: StoredConfiguration): Cell[] {
    const cells = new Map(this.store.cells.of(configuration.id).map((cell) => [cell.layer, cell]))
    return [...unitKinds(model, configuration).keys()].flatMap((name) => cells.get(name) ?? [])
  }

  publish(event: StudyEvent): void {
    this.publisher.publish('event', event)
  }

  /** Sends soon; a later event of the same name replaces one that waits. */
  publishSoon(name: string, make: () => StudyEvent[]): void {
    this.waiting.set(name, make)
    this.timer ??= setTimeout(() => this.flushInBackground(), SEND_INTERVAL)
  }

  /** A store that cannot be read fails the next write, which reports it; nobody waits for this. */
  private flushInBackground(): void {
    try {
      this.flush()
    } catch {
      // The cells come with the next change or the next snapshot.
    }
  }

  /** Sends what waits. */
  flush(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    const waiting = [...this.waiting.values()]
    this.waiting.clear()
    for (const make of waiting) for (const event of make()) this.publish(event)
  }

  /** A snapshot, then every change: none is missed in between. */
  async *watch(runs: () => readonly Run[], signal?: AbortSignal): AsyncGenerator<StudyEvent, void, void> {
    const events = this.publisher.subscribe('event', signal === undefined ? {} : { signal })
    try {
      yield { type: 'snapshot', snapshot: this.snapshot(runs()) }
      yield* events
    } finally {
      await events.return(undefined)
    }
  }

  close(): void {
    this.flush()
    this.store.close()
  }
}

export function studyId(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16)
}
