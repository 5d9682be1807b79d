/** Measures one model with an engine: asks what is pending, has it measured, stores what comes, until nothing is. */
import type { EngineEvent, ImageFile, MeasureRequest, Task } from '@shared/contract/engine'
import { isErrorCode, toProblem } from '@shared/errors'
import type { CellRecord } from './cells'
import type { Setting } from './calibration'
import type { Engine } from '../engine'
import { amountOf, laterWork, pendingOf } from './pending'
import type { ModelPlan } from './plan'
import { precisionNote } from './precision-note'
import { trialKey, type Pending } from './tasks'
import type { Measuring } from './work'

/** What a model's measurement keeps over several engines. */
export interface ModelWork {
  readonly plan: ModelPlan
  readonly record: CellRecord
  readonly source: MeasureRequest['model']
  readonly labels: number[] | null
  /** Trials without a result, as `trialKey` names them. */
  readonly failed: Set<string>
}

/** Where an engine is, in words, and whether it has brought anything. */
export class Place {
  /** Pieces and failures that came. */
  results = 0
  text: string
  private readonly model: string

  constructor(model: string) {
    this.model = model
    this.text = `"${model}", the unperturbed network`
  }

  at(unit: string, trial: number): void {
    this.text = `"${this.model}", ${unit}, trial ${String(trial)}`
  }
}

/** @returns when nothing is pending. @throws what the engine throws, and ENGINE_DIED as such. */
export async function measureModel(
  work: Measuring,
  model: ModelWork,
  engine: Engine,
  setting: Setting,
  place: Place
): Promise<void> {
  const { plan, record } = model
  for (;;) {
    const pending = pendingOf(work.study.store, plan, model.failed)
    conclude(work, model, pending)
    announce(work, plan, pending)
    if (pending.tasks.length === 0) break
    const before = place.results
    await measureTasks(work, model, { tasks: pending.tasks, engine, setting, place })
    if (place.results === before) throw new Error(`the engine measured none of its tasks (${place.text})`)
  }
  flush(work, record)
}

/** Cells as they are by now, to the store and to those who watch. */
export function flush(work: Measuring, record: CellRecord): void {
  record.flush()
  publishResults(work, record)
}

/** Soon: cells and series of a model that has got results. */
function publishResults({ study }: Measuring, { configuration: { id } }: CellRecord): void {
  study.publishSoon(`cells ${String(id)}`, () => {
    const stored = study.store.configurations.get(id)
    return stored === null ? [] : study.modelCells(stored).map((cells) => ({ type: 'cells', cells }))
  })
  study.publishSoon('series', () => [{ type: 'series', series: study.series() }])
}

/** Stores which units the adaptive protocol is done with. */
export function conclude(
  work: Measuring,
  { plan, record }: Pick<ModelWork, 'plan' | 'record'>,
  { concluded, tasks }: Pending
): void {
  if (plan.protocol.kind !== 'adaptive') return
  const { target } = plan.protocol
  for (const { unit, outcome } of concluded)
    if (record.conclude(unit, target, outcome)) work.meter.finished('cells')
  for (const unit of new Set(tasks.map((task) => task.unit))) record.conclude(unit, target, null)
  flush(work, record)
}

/** What is left, to the progress. */
function announce(work: Measuring, plan: ModelPlan, pending: Pending): void {
  const { full } = work.spec
  work.meter.expect(plan.stored.model.id, amountOf(plan, pending, full), laterWork(plan, pending, full))
  work.onProgress()
}

interface Call {
  readonly tasks: readonly Task[]
  readonly engine: Engine
  readonly setting: Setting
  readonly place: Place
}

async function measureTasks(
  work: Measuring,
  model: ModelWork,
  { tasks, engine, setting, place }: Call
): Promise<void> {
  const { plan, source, labels } = model
  const { spec, signal } = work
  const { configuration, perturbation } = plan
  const images: ImageFile = { ...work.images, count: configuration.images }
  const events = await engine.client.measure(
    {
      model: source,
      images,
      labels,
      perturbation,
      seed: configuration.seed,
      unit: spec.unit,
      kinds: spec.kinds,
      path: spec.full ? 'full' : 'downstream',
      sampling: configuration.sampling,
      tasks: [...tasks],
      execution: {
        batch: setting.batch,
        ...(setting.threads === null ? {} : { threads: setting.threads }),
        provider: configuration.provider,
        precision: configuration.precision
      }
    },
    { signal }
  )
  const results = new Results(work, model, tasks, place)
  for await (const event of events) {
    results.take(event)
    work.onProgress()
  }
}

/** Takes an engine's events: to the store, the progress, and those who watch. */
class Results {
  private readonly work: Measuring
  private readonly model: ModelWork
  private readonly place: Place
  /** Where each trial ends. */
  private readonly ends: ReadonlyMap<string, number>
  /** Trials that each unit still waits for. */
  private readonly left = new Map<string, number>()

  constructor(work: Measuring, model: ModelWork, tasks: readonly Task[], place: Place) {
    this.work = work
    this.model = model
    this.place = place
    this.ends = new Map(tasks.map(({ unit, trial, to }) => [trialKey(unit, trial), to]))
    for (const { unit } of tasks) this.left.set(unit, (this.left.get(unit) ?? 0) + 1)
  }

  take(event: EngineEvent): void {
    const { stored, configuration } = this.model.plan
    const { id, name } = stored.model
    switch (event.type) {
      case 'progress': {
        this.work.meter.at(id, event.unit, event.trial)
        this.work.meter.passed(event.images, event.work)
        if (event.unit !== null && event.trial !== null) this.place.at(event.unit, event.trial)
        return
      }
      case 'precision':
        this.work.onNote(precisionNote(name, configuration.precision, event.error))
        return
      case 'original':
        this.original(event)
        return
      case 'piece':
        this.piece(event)
        return
      case 'failed':
        this.failure(event)
    }
  }

  private original({ images, ranks, losses }: Extract<EngineEvent, { type: 'original' }>): void {
    this.work.study.store.originals.add(this.model.plan.configuration, {
      images: new Uint32Array(bufferOf(images)),
      ranks: ranks === null ? null : new Uint8Array(bufferOf(ranks)),
      losses: losses === null ? null : new Float32Array(bufferOf(losses))
    })
  }

  private piece({ type: _, ...piece }: Extract<EngineEvent, { type: 'piece' }>): void {
    const distances = new Float32Array(bufferOf(piece.distances))
    this.place.at(piece.unit, piece.trial)
    this.place.results++
    if (!this.model.record.add({ ...piece, distances })) return
    if (piece.to === this.ends.get(trialKey(piece.unit, piece.trial))) this.ended(piece.unit)
    publishResults(this.work, this.model.record)
  }

  private failure({ unit, trial, problem }: Extract<EngineEvent, { type: 'failed' }>): void {
    const { plan, record, failed } = this.model
    this.place.results++
    failed.add(trialKey(unit, trial))
    record.fail(unit, trial)
    this.work.onFailure({ model: plan.stored.model.id, layer: unit, trial, problem })
    this.ended(unit)
    publishResults(this.work, this.model.record)
  }

  private ended(unit: string): void {
    const { meter } = this.work
    meter.finished('units')
    const left = (this.left.get(unit) ?? 0) - 1
    this.left.set(unit, left)
    if (left === 0 && this.model.plan.protocol.kind === 'fixed') meter.finished('cells')
  }
}

/** Of base64, at a place of its own: views of more than a byte need that. */
function bufferOf(text: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(text, 'base64')).buffer
}

/** Whether a smaller batch may help: the process ended, or says that its memory is full. */
export function isOutOfMemory(error: unknown): boolean {
  const { code, message } = toProblem(error)
  if (isErrorCode(code) && code === 'ENGINE_DIED') return true
  return /out of memory|failed to allocate|bad_alloc|not enough memory|allocation failed/i.test(message)
}
