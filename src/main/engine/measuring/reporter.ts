import type { EngineEvent } from '@shared/contract/engine'

/** Progress is reported at most this often, in milliseconds. */
const INTERVAL = 100

type Progress = Extract<EngineEvent, { type: 'progress' }>

/** Gathers what was done into events that are not too many. */
export class ProgressReporter {
  private images = 0
  private work = 0
  private unit: string | null = null
  private trial: number | null = null
  private reported = performance.now()

  at(unit: string | null, trial: number | null): void {
    this.unit = unit
    this.trial = trial
  }

  /** @param work in full forward passes of an image. */
  done(images: number, work: number): void {
    this.images += images
    this.work += work
  }

  /** @param force also before its time. */
  *events(force = false): Generator<Progress, void, void> {
    const now = performance.now()
    if (this.images === 0 && this.work === 0) return
    if (!force && now - this.reported < INTERVAL) return
    const { images, work, unit, trial } = this
    this.reported = now
    this.images = 0
    this.work = 0
    yield { type: 'progress', images, work, unit, trial }
  }
}
