/** Measures what a plan lists, one model after the other, in an engine process of its own. */
import type { EngineEvent, ImageFile } from '@shared/contract/engine'
import type { MeasurementSpec, Run } from '@shared/contract/measurement'
import { LinchpinError, toProblem } from '@shared/errors'
import { summarise } from '@shared/statistics'
import { executionOf } from './batch'
import { Engine } from './engine'
import { verifiedModel } from './models'
import { passesOf, unitsOf, type ModelPlan, type StudyPlan } from './plan'
import type { EngineProcess } from './ports'
import { ProgressMeter } from './progress'
import type { OpenStudy } from './study'

type Failure = Run['failures'][number]

export interface Measuring {
  readonly study: OpenStudy
  readonly spec: MeasurementSpec
  readonly plan: StudyPlan
  readonly images: ImageFile
  launchEngine(): EngineProcess
  readonly signal: AbortSignal
  onProgress(meter: ProgressMeter): void
  onFailure(failure: Failure): void
  onNote(note: string): void
}

/** @returns when everything of the plan was tried. @throws CANCELLED. */
export async function measurePlan(work: Measuring): Promise<void> {
  const { plan, signal } = work
  const meter = new ProgressMeter(unitsOf(plan), passesOf(plan))
  let engine: Engine | null = null
  try {
    for (const model of plan.models) {
      if (model.units.length === 0) continue
      throwIfCancelled(signal)
      const { id } = model.stored.model
      meter.at(id, null, null)
      work.onProgress(meter)
      try {
        if (engine === null || engine.ended) engine = new Engine(work.launchEngine())
        await measureModel(work, model, engine, meter)
      } catch (error) {
        throwIfCancelled(signal)
        work.onFailure({ model: id, layer: null, trial: null, problem: toProblem(error) })
      }
    }
  } finally {
    await engine?.stop()
  }
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new LinchpinError('CANCELLED', 'What was measured is kept.')
}

async function measureModel(
  work: Measuring,
  plan: ModelPlan,
  engine: Engine,
  meter: ProgressMeter
): Promise<void> {
  const { study, spec, images, signal } = work
  const { model } = plan.stored
  const { path, options } = await verifiedModel(study, plan.stored)
  const configuration = study.store.results.findOrAdd(plan.configuration)
  let place = `"${model.name}", the unperturbed network`
  try {
    const events = await engine.client.measure(
      {
        model: { path, options, normalization: model.normalization },
        images: { ...images, count: work.plan.images },
        labels: usableLabels(work, plan),
        perturbation: plan.perturbation,
        seed: spec.seed,
        units: [...plan.units],
        execution: executionOf(spec, images)
      },
      { signal }
    )
    for await (const event of events) {
      if (event.type === 'progress') {
        meter.passed(event.images)
        meter.at(model.id, event.layer, event.trial)
        if (event.layer !== null)
          place = `"${model.name}", layer ${event.layer}, trial ${String(event.trial)}`
      } else {
        store(work, plan, configuration, event, meter)
      }
      work.onProgress(meter)
    }
  } catch (error) {
    throwIfCancelled(signal)
    throw await engine.explain(error, place)
  }
}

function store(
  work: Measuring,
  plan: ModelPlan,
  configuration: number,
  event: Exclude<EngineEvent, { type: 'progress' }>,
  meter: ProgressMeter
): void {
  const { study } = work
  const model = plan.stored.model.id
  if (event.type === 'original') {
    study.store.results.setOriginal(configuration, event)
    return
  }
  meter.finishedUnit()
  const { layer, trial } = event
  if (event.type === 'failed-unit') {
    work.onFailure({ model, layer, trial, problem: event.problem })
    return
  }
  const bytes = Buffer.from(event.distances, 'base64')
  const distances = new Float32Array(new Uint8Array(bytes).buffer)
  const { metrics, seconds } = event
  study.store.results.add(configuration, { layer, trial, metrics, distances, seconds }, summarise)
  study.publishSoon(`cells ${String(configuration)}`, () => {
    const stored = study.store.results.configurations().find(({ id }) => id === configuration)
    return stored === undefined ? [] : study.modelCells(stored).map((cells) => ({ type: 'cells', cells }))
  })
  study.publishSoon('series', () => [{ type: 'series', series: study.series() }])
}

/** Labels that the model has classes for; criticality needs none. */
function usableLabels(work: Measuring, { stored }: ModelPlan): number[] | null {
  const { labels } = work.plan.evaluation
  const { classes, name } = stored.model
  if (labels === null) return null
  const used = labels.slice(0, work.plan.images)
  const largest = used.reduce((most, label) => Math.max(most, label), 0)
  if (classes === null || largest < classes) return used
  work.onNote(
    `The images have labels up to ${String(largest)} and "${name}" has ${String(classes)} classes: its accuracy is not measured.`
  )
  return null
}
