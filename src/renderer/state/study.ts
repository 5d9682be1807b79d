import { shallowRef } from 'vue'
import type { LinchpinClient } from '@shared/contract'
import type { Evaluation } from '@shared/contract/evaluation'
import type { Cell, ModelCells, Run, Series } from '@shared/contract/measurement'
import type { Model } from '@shared/contract/model'
import type { StudyEvent, StudyInfo, StudySnapshot } from '@shared/contract/study'
import { toProblem, type Problem } from '@shared/errors'

type CellsOfModel = ReadonlyMap<string, Cell>
/** Runs a task soon, and together with what else changed until then. */
export type Schedule = (task: () => void) => void

const onNextFrame: Schedule = (task) => {
  requestAnimationFrame(task)
}

/**
 * What the page knows of the open study, kept up to date by the application's event stream. Cells (up to
 * 200 models × 500 layers) lie in plain maps; `revision` changes, at most once a frame, when some were replaced.
 */
export class StudyState {
  readonly info
  readonly models = shallowRef<readonly Model[]>([])
  readonly evaluation = shallowRef<Evaluation | null>(null)
  /** A preparation of images under way. */
  readonly preparing = shallowRef<{ readonly done: number; readonly total: number } | null>(null)
  readonly runs = shallowRef<readonly Run[]>([])
  readonly series = shallowRef<readonly Series[]>([])
  readonly revision = shallowRef(0)
  /** True once the first snapshot is here. */
  readonly ready = shallowRef(false)
  /** Why the stream ended, if it did. */
  readonly problem = shallowRef<Problem | null>(null)

  private readonly client: LinchpinClient
  private readonly schedule: Schedule
  private readonly abort = new AbortController()
  /** The series that last got a result while it was watched. */
  readonly measuring = shallowRef<string | null>(null)
  private cells = new Map<string, Map<string, CellsOfModel>>()
  private scheduled = false
  private ended = false

  constructor(client: LinchpinClient, info: StudyInfo, schedule: Schedule = onNextFrame) {
    this.client = client
    this.schedule = schedule
    this.info = shallowRef(info)
  }

  get id(): string {
    return this.info.value.id
  }

  /** Reads events until `stop` or until the stream ends; a failure is kept in `problem`. */
  async follow(): Promise<void> {
    this.problem.value = null
    try {
      const events = await this.client.studies.watch({ study: this.id }, { signal: this.abort.signal })
      for await (const event of events) this.apply(event)
      if (!this.hasEnded()) {
        this.problem.value = {
          code: 'CONNECTION_CLOSED',
          message: 'The study is no longer followed. Linchpin ended the stream of changes.',
          fix: 'Reconnect to see the current state.'
        }
      }
    } catch (error) {
      if (!this.hasEnded()) this.problem.value = toProblem(error)
    }
  }

  /** Ends the stream on purpose. */
  stop(): void {
    if (this.ended) return
    this.ended = true
    this.abort.abort()
  }

  /** The carrier is gone, and the stream with it: nothing can be sent any more, and nothing here went wrong. */
  disconnect(): void {
    this.ended = true
    this.problem.value = null
  }

  apply(event: StudyEvent): void {
    switch (event.type) {
      case 'snapshot':
        this.applySnapshot(event.snapshot)
        break
      case 'models':
        this.models.value = event.models
        this.dropCells(new Set(event.models.map((model) => model.id)))
        break
      case 'evaluation':
        this.evaluation.value = event.evaluation
        break
      case 'preparing':
        this.preparing.value = event.ended ? null : { done: event.done, total: event.total }
        break
      case 'run':
        this.applyRun(event.run)
        break
      case 'series':
        this.series.value = event.series
        break
      case 'cells':
        this.measuring.value = event.cells.series
        this.putCells(event.cells)
        this.announceCells()
        break
    }
  }

  /** Undefined: not measured in this series. Reads `revision`, so that what shows it follows. */
  cell(series: string, model: string, layer: string): Cell | undefined {
    return this.revision.value < 0 ? undefined : this.cells.get(series)?.get(model)?.get(layer)
  }

  model(id: string): Model | undefined {
    return this.models.value.find((model) => model.id === id)
  }

  private hasEnded(): boolean {
    return this.ended
  }

  private applySnapshot(snapshot: StudySnapshot): void {
    this.info.value = snapshot.info
    this.models.value = snapshot.models
    this.evaluation.value = snapshot.evaluation
    this.runs.value = snapshot.runs
    this.series.value = snapshot.series
    this.cells = new Map()
    for (const cells of snapshot.cells) this.putCells(cells)
    this.ready.value = true
    this.announceCells()
  }

  private applyRun(run: Run): void {
    const known = this.runs.value.some((other) => other.id === run.id)
    this.runs.value = known
      ? this.runs.value.map((other) => (other.id === run.id ? run : other))
      : [...this.runs.value, run]
  }

  private putCells({ series, model, cells }: ModelCells): void {
    const models = this.cells.get(series) ?? new Map<string, CellsOfModel>()
    // The event holds the cells that changed; the others of this model stay.
    const merged = new Map(models.get(model))
    for (const cell of cells) merged.set(cell.layer, cell)
    models.set(model, merged)
    this.cells.set(series, models)
  }

  /** A removed model takes its cells with it, also when its id is given again. */
  private dropCells(kept: ReadonlySet<string>): void {
    for (const models of this.cells.values()) {
      for (const model of models.keys()) if (!kept.has(model)) models.delete(model)
    }
  }

  private announceCells(): void {
    if (this.scheduled) return
    this.scheduled = true
    this.schedule(() => {
      this.scheduled = false
      this.revision.value += 1
    })
  }
}
