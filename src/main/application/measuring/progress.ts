import type { Progress } from '@shared/contract/measurement'

/** Images per second are those of the last seconds; work varies more, over the units of a network. In milliseconds. */
const RATE_WINDOW = 5_000
const WORK_WINDOW = 60_000
/** Without a word for so long, the machine was asleep: that time does not count. In milliseconds. */
const ASLEEP = 10_000

/** What is to be done, or was. */
export interface Amount {
  /** (unit, trial) pairs. */
  readonly units: number
  readonly cells: number
  /** Of an image through whatever part of the network. */
  readonly passes: number
  /** In full forward passes of an image. */
  readonly work: number
}

interface Share {
  done: Amount
  left: Amount
  /** Work beyond `left` that is expected; null: everything is planned. */
  later: number | null
}

interface Sample {
  readonly at: number
  readonly passes: number
  readonly work: number
}

export const NOTHING: Amount = { units: 0, cells: 0, passes: 0, work: 0 }

/** Counts what a run has done and estimates when it ends. */
export class ProgressMeter {
  private readonly models = new Map<string, Share>()
  private place: Pick<Progress, 'model' | 'layer' | 'trial'> = { model: null, layer: null, trial: null }
  private readonly samples: Sample[] = []
  private readonly now: () => number
  private heard: number
  /** Milliseconds that the machine was awake. */
  private awake = 0
  private passes = 0
  private work = 0

  /** @param now in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now
    this.heard = now()
    this.sample()
  }

  /** What is left of a model from now on, as far as it is known. @param later work that will come beyond it, about. */
  expect(model: string, left: Amount, later: number | null = null): void {
    this.models.set(model, { done: this.models.get(model)?.done ?? NOTHING, left, later })
  }

  at(model: string | null, layer: string | null, trial: number | null): void {
    this.place = { model, layer, trial }
  }

  /** To be called every second or so: tells slow work from a machine that is asleep. */
  tick(): void {
    const now = this.now()
    const elapsed = now - this.heard
    this.heard = now
    if (elapsed < ASLEEP) this.awake += elapsed
  }

  /** @param work in full forward passes. */
  passed(images: number, work: number): void {
    this.passes += images
    this.work += work
    this.count({ ...NOTHING, passes: images, work })
    this.sample()
  }

  finished(what: 'units' | 'cells'): void {
    this.count({ ...NOTHING, [what]: 1 })
  }

  private count(amount: Amount): void {
    const { model } = this.place
    if (model === null) return
    const share = this.models.get(model) ?? { done: NOTHING, left: NOTHING, later: null }
    const combined = (a: Amount, b: Amount, sign: 1 | -1): Amount => ({
      units: Math.max(0, a.units + sign * b.units),
      cells: Math.max(0, a.cells + sign * b.cells),
      passes: Math.max(0, a.passes + sign * b.passes),
      work: Math.max(0, a.work + sign * b.work)
    })
    const { done, left, later } = share
    this.models.set(model, { done: combined(done, amount, 1), left: combined(left, amount, -1), later })
  }

  private sample(): void {
    this.tick()
    const at = this.awake
    this.samples.push({ at, passes: this.passes, work: this.work })
    while (this.samples.length > 2 && at - (this.samples[1]?.at ?? at) > WORK_WINDOW) this.samples.shift()
  }

  /** Per second over the last `window` milliseconds; null before anything was done. */
  private rate(of: 'passes' | 'work', window: number): number | null {
    const last = this.samples.at(-1)
    if (last === undefined) return null
    const inWindow = this.samples.findIndex(({ at }) => last.at - at <= window)
    const first = this.samples[Math.max(0, Math.min(inWindow, this.samples.length - 2))]
    return first === undefined || first.at === last.at
      ? null
      : (1000 * (last[of] - first[of])) / (last.at - first.at)
  }

  read(): Progress {
    const shares = [...this.models.values()]
    const sum = (part: 'done' | 'left', of: keyof Amount): number =>
      shares.reduce((total, share) => total + share[part][of], 0)
    const total = (of: keyof Amount): number => sum('done', of) + sum('left', of)
    const later = shares.reduce((all, share) => all + (share.later ?? 0), 0)
    const speed = this.rate('work', WORK_WINDOW)
    return {
      units: sum('done', 'units'),
      totalUnits: total('units'),
      cells: sum('done', 'cells'),
      totalCells: total('cells'),
      open: shares.some((share) => share.later !== null),
      passes: sum('done', 'passes'),
      totalPasses: total('passes'),
      rate: this.rate('passes', RATE_WINDOW),
      secondsLeft: speed === null || speed === 0 ? null : (sum('left', 'work') + later) / speed,
      ...this.place
    }
  }
}
