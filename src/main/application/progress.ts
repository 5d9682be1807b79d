import type { Progress } from '@shared/contract/measurement'

/** Throughput is that of the last seconds, in milliseconds. */
const WINDOW = 5000

/** Counts what a run has done and estimates when it ends. */
export class ProgressMeter {
  private units = 0
  private passes = 0
  private place: Pick<Progress, 'model' | 'layer' | 'trial'> = { model: null, layer: null, trial: null }
  private readonly samples: { readonly at: number; readonly passes: number }[] = []
  private readonly totalUnits: number
  private readonly totalPasses: number
  private readonly now: () => number

  constructor(totalUnits: number, totalPasses: number, now: () => number = () => performance.now()) {
    this.totalUnits = totalUnits
    this.totalPasses = totalPasses
    this.now = now
    this.samples.push({ at: now(), passes: 0 })
  }

  at(model: string | null, layer: string | null, trial: number | null): void {
    this.place = { model, layer, trial }
  }

  passed(images: number): void {
    this.passes += images
    const at = this.now()
    this.samples.push({ at, passes: this.passes })
    while (this.samples.length > 2 && at - (this.samples[1]?.at ?? at) > WINDOW) this.samples.shift()
  }

  finishedUnit(): void {
    this.units++
  }

  read(): Progress {
    const first = this.samples[0]
    const last = this.samples.at(-1)
    const seconds = first === undefined || last === undefined ? 0 : (last.at - first.at) / 1000
    const rate =
      first === undefined || last === undefined || seconds === 0
        ? null
        : (last.passes - first.passes) / seconds
    const left = Math.max(0, this.totalPasses - this.passes)
    return {
      units: this.units,
      totalUnits: this.totalUnits,
      passes: this.passes,
      totalPasses: this.totalPasses,
      rate,
      secondsLeft: rate === null || rate === 0 ? null : left / rate,
      ...this.place
    }
  }
}
