/** Measures what a plan lists, one model after the other, in engine processes of its own. */
import type { RunExecution } from '@shared/contract/measurement'
import { LinchpinError, toProblem } from '@shared/errors'
import { defaultBatch } from '../batch'
import { Engine } from '../engine'
import { verifiedModel } from '../models'
import type { Setting } from './calibration'
import { CellRecord } from './cells'
import { conclude, flush, isOutOfMemory, measureModel, Place, type ModelWork } from './model'
import { amountOf, laterWork, pendingOf } from './pending'
import type { ModelPlan } from './plan'
import { versions } from './versions'
import type { Measuring } from './work'

/** How often an engine may end in turn, without having brought a result, before its model is given up. */
const MOST_DEATHS = 4
/** In milliseconds. */
const TICK = 1_000

/** @returns when everything of the plan was tried. @throws CANCELLED. */
export async function measurePlan(work: Measuring): Promise<void> {
  const { plan, signal, meter, spec, study } = work
  const engines = new Engines(work)
  const ticking = setInterval(() => meter.tick(), TICK)
  try {
    for (const model of plan.models) {
      const pending = pendingOf(study.store, model, new Set())
      meter.expect(
        model.stored.model.id,
        amountOf(model, pending, spec.full),
        laterWork(model, pending, spec.full)
      )
    }
    let before = work.before
    for (const model of plan.models) {
      throwIfCancelled(signal)
      const { id } = model.stored.model
      try {
        if (await measureWhole(work, model, engines, before)) before = null
      } catch (error) {
        throwIfCancelled(signal)
        work.onFailure({ model: id, layer: null, trial: null, problem: toProblem(error) })
        meter.giveUp(id)
        before = null
      }
    }
  } finally {
    clearInterval(ticking)
    await engines.stop()
  }
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new LinchpinError('CANCELLED', 'What was measured is kept.')
}

/** One engine at a time; the next is started when it has ended. */
class Engines {
  private engine: Engine | null = null
  private readonly work: Measuring

  constructor(work: Measuring) {
    this.work = work
  }

  get(): Engine {
    if (this.engine === null || this.engine.ended) {
      const tf32 = this.work.spec.precision === 'tf32'
      this.engine = new Engine(this.work.launchEngine({ tf32 }))
    }
    return this.engine
  }

  async stop(): Promise<void> {
    const { engine } = this
    this.engine = null
    await engine?.stop()
  }
}

/**
 * @param before of the model that an interrupted run was at: its batch may have shrunk.
 * @returns whether anything was left to measure.
 */
async function measureWhole(
  work: Measuring,
  plan: ModelPlan,
  engines: Engines,
  before: RunExecution | null
): Promise<boolean> {
  const { study, spec, meter, signal } = work
  const { model } = plan.stored
  const pending = pendingOf(study.store, plan, new Set())
  if (pending.tasks.length === 0 && pending.concluded.length === 0) return false
  const id = study.store.configurations.findOrAdd(plan.configuration)
  const configuration = study.store.configurations.get(id)
  if (configuration === null) throw new Error(`configuration ${String(id)} is gone`)
  meter.at(model.id, null, null)
  const record = new CellRecord(study.store, configuration)
  if (pending.tasks.length === 0) {
    // What was measured for another target may do for this one.
    conclude(work, { plan, record }, pending)
    return false
  }
  work.onProgress()
  const found = await verifiedModel(study, plan.stored)
  const target: ModelWork = {
    plan,
    record,
    source: { ...found, normalization: model.normalization },
    labels: usableLabels(work, plan),
    failed: new Set()
  }
  const total = amountOf(plan, pending, spec.full).work + (laterWork(plan, pending, spec.full) ?? 0)
  let setting: Setting | null = null
  let inVain = 0
  for (;;) {
    const place = new Place(model.name)
    const engine = engines.get()
    try {
      setting ??= await settingOf(work, target, { engine, total, before })
      work.onExecution(executionWith(work, setting))
      await measureModel(work, target, engine, setting, place)
      return true
    } catch (cause) {
      flush(work, target.record)
      throwIfCancelled(signal)
      const error = await engine.explain(cause, place.text)
      if (!isOutOfMemory(error)) throw error
      inVain = place.results > 0 ? 0 : inVain + 1
      const batch = setting?.batch ?? null
      if (inVain > MOST_DEATHS || (inVain > 0 && batch === 1)) throw error
      await engines.stop()
      setting = smaller(setting, work)
      work.onNote(`${toProblem(error).message} It goes on with ${imagesAtATime(setting.batch)}.`)
    }
  }
}

const imagesAtATime = (batch: number): string =>
  batch === 1 ? 'one image at a time' : `${String(batch)} images at a time`

/** @param setting null: the engine ended while settings were tried. */
function smaller(setting: Setting | null, { images, spec }: Measuring): Setting {
  if (setting === null) {
    const { batch = defaultBatch(images.height, images.width), threads = null } = spec
    return { batch, threads }
  }
  return { ...setting, batch: Math.max(1, Math.floor(setting.batch / 2)) }
}

function settingOf(
  work: Measuring,
  { plan, source }: ModelWork,
  { engine, total, before }: { engine: Engine; total: number; before: RunExecution | null }
): Setting | Promise<Setting> {
  const { provider, precision } = plan.configuration
  // What goes on is computed alike, with a batch that may have shrunk.
  if (before !== null && before.provider === provider) return { batch: before.batch, threads: before.threads }
  const { model } = plan.stored
  const { path, options } = source
  return work.calibrations.settingFor(
    work.spec,
    { model, path, options, images: work.images, provider, precision },
    total,
    engine
  )
}

function executionWith({ spec, plan }: Measuring, { batch, threads }: Setting): RunExecution {
  return {
    provider: plan.provider,
    precision: spec.precision,
    threads,
    batch,
    path: spec.full ? 'full' : 'downstream',
    versions: { ...versions() }
  }
}

/** Labels that the model has classes for; criticality needs none. */
function usableLabels(work: Measuring, { stored, configuration }: ModelPlan): number[] | null {
  const { labels } = work.plan.evaluation
  const { classes, name } = stored.model
  if (labels === null) return null
  const used = labels.slice(0, configuration.images)
  const largest = used.reduce((most, label) => Math.max(most, label), 0)
  if (classes === null || largest < classes) return used
  work.onNote(
    `The images have labels up to ${String(largest)} and "${name}" has ${String(classes)} classes: its accuracy is not measured.`
  )
  return null
}
