import type { Logger } from 'pino'
import type { MeasurementSpec, Plan, Progress, Run, RunState } from '@shared/contract/measurement'
import { LinchpinError, toProblem } from '@shared/errors'
import { executionOf } from './batch'
import { Engine } from './engine'
import type { Evaluations } from './evaluation'
import { measurePlan } from './measuring'
import { verifiedModel } from './models'
import { describeOwner, HEARTBEAT, isElsewhere, ownerNow } from './owner'
import { passesOf, planMeasurement, unitsOf, type StudyPlan } from './plan'
import type { EngineProcess } from './ports'
import type { OpenStudy } from './study'

interface Job {
  readonly study: OpenStudy
  run: Run
  readonly controller: AbortController
  /** The state that the run gets when the work stops before its end. */
  stopAs: RunState
}

const NO_PROGRESS: Progress = {
  units: 0,
  totalUnits: 0,
  passes: 0,
  totalPasses: 0,
  rate: null,
  secondsLeft: null,
  model: null,
  layer: null,
  trial: null
}

/** Runs of all open studies, one at a time, in the order in which they were started. */
export class MeasurementQueue {
  private readonly evaluations: Evaluations
  private readonly launchEngine: () => EngineProcess
  private readonly log: Logger
  private readonly jobs: Job[] = []
  private working: Promise<void> | null = null

  constructor(evaluations: Evaluations, launchEngine: () => EngineProcess, log: Logger) {
    this.evaluations = evaluations
    this.launchEngine = launchEngine
    this.log = log
  }

  /** The study's runs, those under way as they are this moment. */
  runs(study: OpenStudy): Run[] {
    return study.store.runs.all().map((run) => this.job(study, run.id)?.run ?? run)
  }

  async plan(study: OpenStudy, spec: MeasurementSpec, estimate: boolean): Promise<Plan> {
    const plan = await planMeasurement(study, spec, this.evaluations)
    const rate = estimate ? await this.imagesPerSecond(study, spec, plan) : null
    const passes = passesOf(plan)
    return {
      models: plan.models.length,
      layers: Math.max(...plan.models.map(({ layers }) => layers)),
      units: unitsOf(plan),
      measured: plan.models.reduce((sum, { measured }) => sum + measured, 0),
      images: plan.images,
      passes,
      imagesPerSecond: rate,
      seconds: rate === null ? null : passes / rate
    }
  }

  /** Of the first model with something left to measure, in an engine of its own. */
  private async imagesPerSecond(
    study: OpenStudy,
    spec: MeasurementSpec,
    plan: StudyPlan
  ): Promise<number | null> {
    const pending = plan.models.find(({ units }) => units.length > 0)
    if (pending === undefined) return null
    const { normalization } = pending.stored.model
    const { path, options } = await verifiedModel(study, pending.stored)
    const images = await this.evaluations.images(plan.evaluation)
    const engine = new Engine(this.launchEngine())
    try {
      const { imagesPerSecond } = await engine.client.time({
        model: { path, options, normalization },
        images,
        execution: executionOf(spec, images)
      })
      return imagesPerSecond
    } catch (error) {
      throw await engine.explain(error, `timing "${pending.stored.model.name}"`)
    } finally {
      await engine.stop()
    }
  }

  /** @throws what `planMeasurement` throws: a run that cannot begin is not made. */
  async start(study: OpenStudy, spec: MeasurementSpec): Promise<Run> {
    const plan = await planMeasurement(study, spec, this.evaluations)
    const run = this.add(study, {
      spec,
      state: 'queued',
      createdAt: new Date().toISOString(),
      finishedAt: null,
      progress: { ...NO_PROGRESS, totalUnits: unitsOf(plan), totalPasses: passesOf(plan) },
      failures: [],
      notes:
        spec.images !== undefined && spec.images > plan.images
          ? [`${String(spec.images)} images were asked for; the evaluation set has ${String(plan.images)}.`]
          : []
    })
    this.enqueue(study, run)
    return run
  }

  /** @throws STUDY_BUSY: two processes at one study would measure the same twice. */
  private add(study: OpenStudy, run: Omit<Run, 'id'>): Run {
    return study.store.transaction(() => {
      const other = study.store.runs.unfinished().find(({ owner }) => isElsewhere(owner))
      if (other !== undefined) {
        throw new LinchpinError(
          'STUDY_BUSY',
          `Run ${String(other.id)} belongs to ${describeOwner(other.owner)}.`,
          {
            fix: 'Wait until it is done, or stop it there.'
          }
        )
      }
      const added = study.store.runs.add(run)
      study.store.runs.own(added.id, ownerNow())
      return added
    })
  }

  /** Runs that a closed or killed application left, unless another process is at them. */
  resumeLeft(study: OpenStudy): void {
    if (!study.store.writable) return
    for (const { id, owner } of study.store.runs.unfinished()) {
      const run = study.store.runs.get(id)
      if (run === null || this.job(study, id) !== undefined || isElsewhere(owner)) continue
      // What failed is tried again with the rest.
      this.enqueue(study, { ...run, state: 'queued', failures: [] })
    }
  }

  private enqueue(study: OpenStudy, run: Run): void {
    const job: Job = { study, run, controller: new AbortController(), stopAs: 'queued' }
    study.store.runs.own(run.id, ownerNow())
    this.jobs.push(job)
    this.update(job, {})
    this.working ??= this.work()
  }

  private job(study: OpenStudy, id: number): Job | undefined {
    return this.jobs.find((job) => job.study === study && job.run.id === id)
  }

  pause(study: OpenStudy, id: number): void {
    this.stop(study, id, 'paused')
  }

  cancel(study: OpenStudy, id: number): void {
    this.stop(study, id, 'cancelled')
  }

  private stop(study: OpenStudy, id: number, state: RunState): void {
    const job = this.job(study, id)
    if (job !== undefined) {
      job.stopAs = state
      job.controller.abort()
      if (job === this.jobs[0]) return
      // It waits for its turn: it need not wait to be stopped.
      this.jobs.splice(this.jobs.indexOf(job), 1)
      this.finish(job, state)
      return
    }
    const run = this.stored(study, id)
    if (run.state === 'queued' || run.state === 'running') this.refuseIfElsewhere(study, id)
    else if (run.state !== 'paused' || state !== 'cancelled') return
    const stopped: Run = { ...run, state, finishedAt: finishedAt(state) }
    study.store.runs.update(stopped)
    study.publish({ type: 'run', run: stopped })
  }

  /** @throws RUN_ELSEWHERE. */
  private refuseIfElsewhere(study: OpenStudy, id: number): void {
    const owner = study.store.runs.owner(id)
    if (!isElsewhere(owner)) return
    throw new LinchpinError('RUN_ELSEWHERE', `Run ${String(id)} is worked on by ${describeOwner(owner)}.`, {
      fix: 'Stop it where it was started.'
    })
  }

  resume(study: OpenStudy, id: number): void {
    if (this.job(study, id) !== undefined) return
    const run = this.stored(study, id)
    if (run.state === 'done') return
    if (run.state === 'queued' || run.state === 'running') this.refuseIfElsewhere(study, id)
    this.enqueue(study, { ...run, state: 'queued', finishedAt: null, failures: [] })
  }

  private stored(study: OpenStudy, id: number): Run {
    const run = study.store.runs.get(id)
    if (run === null) throw new LinchpinError('RUN_UNKNOWN', `There is no run ${String(id)}.`)
    return run
  }

  private async work(): Promise<void> {
    const heartbeat = setInterval(() => this.sayAlive(), HEARTBEAT)
    for (let job = this.jobs[0]; job !== undefined; job = this.jobs[0]) {
      try {
        await this.execute(job)
      } catch (error) {
        // The study itself cannot be written, e.g. its disk is full: say so, and go on with the next run.
        this.log.error({ err: error, run: job.run.id }, 'run could not be stored')
        this.publishUnstored(job, error)
      }
      this.jobs.splice(this.jobs.indexOf(job), 1)
    }
    clearInterval(heartbeat)
    this.working = null
  }

  private sayAlive(): void {
    for (const { study, run } of this.jobs) {
      try {
        study.store.runs.own(run.id, ownerNow())
      } catch (error) {
        this.log.warn({ err: error, run: run.id }, 'heartbeat not stored')
      }
    }
  }

  private async execute(job: Job): Promise<void> {
    const { study, controller } = job
    const { signal } = controller
    try {
      if (signal.aborted) throw new LinchpinError('CANCELLED', 'It had not begun.')
      this.update(job, { state: 'running' })
      const { spec } = job.run
      const plan = await planMeasurement(study, spec, this.evaluations)
      // The plan's own set: the study's may be another one by now.
      const images = await this.evaluations.images(plan.evaluation, signal)
      await measurePlan({
        study,
        spec,
        plan,
        images,
        launchEngine: this.launchEngine,
        signal,
        onProgress: (meter) => {
          job.run = { ...job.run, progress: meter.read() }
          study.publishSoon(`run ${String(job.run.id)}`, () => [{ type: 'run', run: job.run }])
        },
        onFailure: (failure) => {
          this.log.warn({ failure }, 'not measured')
          this.update(job, { failures: [...job.run.failures, failure] })
        },
        onNote: (note) => {
          if (!job.run.notes.includes(note)) this.update(job, { notes: [...job.run.notes, note] })
        }
      })
      this.finish(job, job.run.failures.some(({ layer }) => layer === null) ? 'failed' : 'done')
    } catch (error) {
      if (signal.aborted) this.finish(job, job.stopAs)
      else {
        const problem = toProblem(error)
        this.log.error({ err: error, run: job.run.id }, 'run failed')
        const failure = { model: '', layer: null, trial: null, problem }
        job.run = { ...job.run, failures: [...job.run.failures, failure] }
        this.finish(job, 'failed')
      }
    }
  }

  private finish(job: Job, state: RunState): void {
    const progress = { ...job.run.progress, model: null, layer: null, trial: null, secondsLeft: null }
    job.study.flush()
    this.update(job, { state, progress, finishedAt: finishedAt(state) })
  }

  private update(job: Job, part: Partial<Run>): void {
    job.run = { ...job.run, ...part }
    job.study.store.runs.update(job.run)
    job.study.publish({ type: 'run', run: job.run })
  }

  private publishUnstored(job: Job, error: unknown): void {
    const failure = { model: '', layer: null, trial: null, problem: toProblem(error) }
    job.run = { ...job.run, state: 'failed', failures: [...job.run.failures, failure] }
    job.study.publish({ type: 'run', run: job.run })
  }

  /** Stops the work; what is under way is resumed at the next start. */
  async close(): Promise<void> {
    for (const job of this.jobs) job.controller.abort()
    await this.working
  }
}

/** Now, for a run that is over. */
function finishedAt(state: RunState): string | null {
  return state === 'done' || state === 'failed' || state === 'cancelled' ? new Date().toISOString() : null
}
