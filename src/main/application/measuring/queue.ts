import type { Logger } from 'pino'
import type { Device } from '@shared/contract/devices'
import type { MeasurementSpec, Plan, Progress, Run, RunState } from '@shared/contract/measurement'
import { LinchpinError, toProblem } from '@shared/errors'
import type { Devices } from '../devices'
import type { Evaluations } from '../evaluation'
import { describeOwner, HEARTBEAT, isElsewhere, ownerNow } from '../owner'
import type { EngineProcess, EngineSettings } from '../ports'
import type { OpenStudy } from '../study'
import type { Calibrations } from './calibration'
import { describePlan } from './description'
import { Jobs, type Job } from './jobs'
import { planMeasurement } from './plan'
import { ProgressMeter } from './progress'
import { measurePlan } from './run'

export interface QueueParts {
  readonly evaluations: Evaluations
  readonly devices: Pick<Devices, 'resolve'>
  readonly calibrations: Calibrations
  launchEngine(settings?: EngineSettings): EngineProcess
  readonly log: Logger
}

/** Runs of all open studies, one at a time. */
export class MeasurementQueue {
  private readonly parts: QueueParts
  private readonly jobs = new Jobs()
  private working: Promise<void> | null = null

  constructor(parts: QueueParts) {
    this.parts = parts
  }

  /** The study's runs, those under way as they are this moment. */
  runs(study: OpenStudy): Run[] {
    return study.store.runs.all().map((run) => this.jobs.find(study, run.id)?.run ?? run)
  }

  async plan(study: OpenStudy, spec: MeasurementSpec, estimate: boolean): Promise<Plan> {
    const plan = await planMeasurement(study, spec, this.parts)
    return describePlan({ study, spec, plan, estimate, ...this.parts })
  }

  /** @throws what `planMeasurement` throws: a run that cannot begin is not made. */
  async start(study: OpenStudy, spec: MeasurementSpec): Promise<Run> {
    const plan = await planMeasurement(study, spec, this.parts)
    const { units, cells, passes } = await describePlan({ study, spec, plan, estimate: false, ...this.parts })
    const run = this.add(study, {
      spec,
      state: 'queued',
      place: null,
      execution: null,
      createdAt: new Date().toISOString(),
      finishedAt: null,
      progress: {
        ...NO_PROGRESS,
        totalUnits: units,
        totalCells: cells,
        totalPasses: passes,
        open: plan.models.some(({ protocol }) => protocol.kind === 'adaptive')
      },
      failures: [],
      notes: [...plan.notes]
    })
    this.enqueue(study, run)
    return this.jobs.find(study, run.id)?.run ?? run
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

  /** Runs that a closed or killed application left, in their order, unless another process is at them. */
  resumeLeft(study: OpenStudy): void {
    if (!study.store.writable) return
    for (const { id, owner } of study.store.runs.unfinished()) {
      const run = study.store.runs.get(id)
      if (run === null || this.jobs.find(study, id) !== undefined || isElsewhere(owner)) continue
      // What failed is tried again with the rest.
      this.enqueue(study, { ...run, failures: [] })
    }
  }

  private enqueue(study: OpenStudy, run: Run): void {
    const job = this.jobs.add(study, { ...run, state: 'queued', finishedAt: null })
    this.jobs.update(job, {})
    this.working ??= this.work()
  }

  pause(study: OpenStudy, id: number): void {
    this.stop(study, id, 'paused')
  }

  cancel(study: OpenStudy, id: number): void {
    this.stop(study, id, 'cancelled')
  }

  /** @throws RUN_UNKNOWN. */
  move(study: OpenStudy, id: number, place: number): void {
    const job = this.jobs.find(study, id)
    if (job === undefined) this.stored(study, id)
    else this.jobs.move(job, place)
  }

  private stop(study: OpenStudy, id: number, state: RunState): void {
    const job = this.jobs.find(study, id)
    if (job !== undefined) {
      job.stopAs = state
      job.controller.abort()
      if (job === this.jobs.first) return
      // It waits for its turn: it need not wait to be stopped.
      this.jobs.remove(job)
      this.finish(job, state)
      return
    }
    const run = this.stored(study, id)
    if (run.state === 'queued' || run.state === 'running') this.refuseIfElsewhere(study, id)
    else if (run.state !== 'paused' || state !== 'cancelled') return
    const stopped: Run = { ...run, state, place: null, finishedAt: finishedAt(state) }
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
    if (this.jobs.find(study, id) !== undefined) return
    const run = this.stored(study, id)
    if (run.state === 'done') return
    if (run.state === 'queued' || run.state === 'running') this.refuseIfElsewhere(study, id)
    this.enqueue(study, { ...run, failures: [] })
  }

  private stored(study: OpenStudy, id: number): Run {
    const run = study.store.runs.get(id)
    if (run === null) throw new LinchpinError('RUN_UNKNOWN', `There is no run ${String(id)}.`)
    return run
  }

  private async work(): Promise<void> {
    const heartbeat = setInterval(() => this.sayAlive(), HEARTBEAT)
    for (let job = this.jobs.first; job !== undefined; job = this.jobs.first) {
      try {
        await this.execute(job)
      } catch (error) {
        // The study itself cannot be written, e.g. its disk is full: say so, and go on with the next run.
        this.parts.log.error({ err: error, run: job.run.id }, 'run could not be stored')
        this.publishUnstored(job, error)
      }
      this.leave(job)
    }
    clearInterval(heartbeat)
    this.working = null
  }

  private leave(job: Job): void {
    try {
      this.jobs.remove(job)
    } catch (error) {
      // The places of those behind it could not be stored; they are told anew with their next change.
      this.parts.log.warn({ err: error, run: job.run.id }, 'places not stored')
    }
  }

  private sayAlive(): void {
    for (const { study, run } of this.jobs) {
      try {
        study.store.runs.own(run.id, ownerNow())
      } catch (error) {
        this.parts.log.warn({ err: error, run: run.id }, 'heartbeat not stored')
      }
    }
  }

  private async execute(job: Job): Promise<void> {
    const { study, controller } = job
    const { signal } = controller
    try {
      if (signal.aborted) throw new LinchpinError('CANCELLED', 'It had not begun.')
      this.jobs.update(job, { state: 'running', place: null })
      await this.measure(job)
      this.finish(job, job.run.failures.some(({ layer }) => layer === null) ? 'failed' : 'done')
    } catch (error) {
      if (signal.aborted) this.finish(job, job.stopAs)
      else {
        this.parts.log.error({ err: error, run: job.run.id }, 'run failed')
        const failure = { model: '', layer: null, trial: null, problem: toProblem(error) }
        job.run = { ...job.run, failures: [...job.run.failures, failure] }
        this.finish(job, 'failed')
      }
    } finally {
      study.flush()
    }
  }

  private async measure(job: Job): Promise<void> {
    const { study, controller } = job
    const { signal } = controller
    const { evaluations, calibrations, log } = this.parts
    const { spec, execution: before } = job.run
    // One run never mixes devices, whatever auto would take by now.
    const provider: Device | null = before?.provider ?? null
    const plan = await planMeasurement(study, spec, this.parts, provider)
    const note = (text: string): void => {
      if (!job.run.notes.includes(text)) this.jobs.update(job, { notes: [...job.run.notes, text] })
    }
    plan.notes.forEach(note)
    // The plan's own set: the study's may be another one by now.
    const images = await evaluations.images(plan.evaluation, signal)
    const meter = new ProgressMeter()
    await measurePlan({
      study,
      spec,
      plan,
      images,
      calibrations,
      launchEngine: (settings) => this.parts.launchEngine(settings),
      signal,
      meter,
      before,
      onProgress: () => {
        job.run = { ...job.run, progress: meter.read() }
        study.publishSoon(`run ${String(job.run.id)}`, () => [{ type: 'run', run: job.run }])
      },
      onExecution: (execution) => this.jobs.update(job, { execution }),
      onFailure: (failure) => {
        log.warn({ failure }, 'not measured')
        this.jobs.update(job, { failures: [...job.run.failures, failure] })
      },
      onNote: note
    })
    job.run = { ...job.run, progress: meter.read() }
  }

  private finish(job: Job, state: RunState): void {
    const progress = { ...job.run.progress, model: null, layer: null, trial: null, secondsLeft: null }
    job.study.flush()
    const place = state === 'queued' ? job.run.place : null
    this.jobs.update(job, { state, progress, place, finishedAt: finishedAt(state) })
  }

  private publishUnstored(job: Job, error: unknown): void {
    const failure = { model: '', layer: null, trial: null, problem: toProblem(error) }
    job.run = { ...job.run, state: 'failed', failures: [...job.run.failures, failure] }
    job.study.publish({ type: 'run', run: job.run })
  }

  /** Stops the work; what is under way is resumed at the next start. */
  async close(): Promise<void> {
    this.jobs.keepOrder()
    for (const job of this.jobs) job.controller.abort()
    await this.working
  }
}

const NO_PROGRESS: Progress = {
  units: 0,
  totalUnits: 0,
  cells: 0,
  totalCells: 0,
  open: false,
  passes: 0,
  totalPasses: 0,
  rate: null,
  secondsLeft: null,
  model: null,
  layer: null,
  trial: null
}

/** Now, for a run that is over. */
function finishedAt(state: RunState): string | null {
  return state === 'done' || state === 'failed' || state === 'cancelled' ? new Date().toISOString() : null
}
