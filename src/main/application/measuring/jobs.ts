/** The runs that are worked on or wait, in their order. */
import type { Run, RunState } from '@shared/contract/measurement'
import { ownerNow } from '../owner'
import type { OpenStudy } from '../study'

export interface Job {
  readonly study: OpenStudy
  run: Run
  readonly controller: AbortController
  /** The state that the run gets when the work stops before its end. */
  stopAs: RunState
}

/** Keeps the order in the studies, too: it outlives the application. */
export class Jobs {
  private readonly jobs: Job[] = []
  private kept = false

  /** Behind all others. */
  add(study: OpenStudy, run: Run): Job {
    const job: Job = { study, run, controller: new AbortController(), stopAs: 'queued' }
    study.store.runs.own(run.id, ownerNow())
    this.jobs.push(job)
    this.number()
    return job
  }

  get first(): Job | undefined {
    return this.jobs[0]
  }

  find(study: OpenStudy, id: number): Job | undefined {
    return this.jobs.find((job) => job.study === study && job.run.id === id)
  }

  remove(job: Job): void {
    const at = this.jobs.indexOf(job)
    if (at < 0) return
    this.jobs.splice(at, 1)
    this.number()
  }

  /** @param place among those that wait; 0: the next. One that is worked on stays where it is. */
  move(job: Job, place: number): void {
    const at = this.jobs.indexOf(job)
    if (job.run.state !== 'queued' || at < 0) return
    this.jobs.splice(at, 1)
    const waitsFrom = this.jobs.findIndex(({ run }) => run.state === 'queued')
    const start = waitsFrom < 0 ? this.jobs.length : waitsFrom
    this.jobs.splice(Math.min(this.jobs.length, start + place), 0, job)
    this.number()
  }

  /** To the store and those who watch. */
  update(job: Job, part: Partial<Run>): void {
    job.run = { ...job.run, ...part }
    job.study.store.runs.update(job.run)
    job.study.publish({ type: 'run', run: job.run })
  }

  [Symbol.iterator](): Iterator<Job> {
    return [...this.jobs][Symbol.iterator]()
  }

  /** From now on jobs leave without the others' moving up: the next start finds the order as it was. */
  keepOrder(): void {
    this.kept = true
  }

  /** Tells every run how many go before it. */
  private number(): void {
    if (this.kept) return
    this.jobs.forEach((job, place) => {
      const now = job.run.state === 'queued' ? place : null
      if (now !== job.run.place) this.update(job, { place: now })
    })
  }
}
