/** Runs in words, and in the order in which they are worked on. */
import type { MeasurementSpec, Run, RunState } from '@shared/contract/measurement'
import { count, duration, plural, points, rate } from './format'
import { perturbationWords, UNIT_WORDS } from './words'

/** The running one, those that wait in their order, paused ones, then what is over, latest first. */
const RANKS: Readonly<Record<RunState, number>> = {
  running: 0,
  queued: 1,
  paused: 2,
  done: 3,
  cancelled: 3,
  failed: 3
}

export function inOrder(runs: readonly Run[]): Run[] {
  return runs.toSorted((a, b) => {
    const rank = RANKS[a.state] - RANKS[b.state]
    if (rank !== 0) return rank
    return a.state === 'queued' ? (a.place ?? 0) - (b.place ?? 0) || a.id - b.id : b.id - a.id
  })
}

/** The one that the status bar follows; null: nothing is under way. */
export function current(runs: readonly Run[]): Run | null {
  return inOrder(runs).find(isOpen) ?? null
}

export const isOpen = ({ state }: Run): boolean => RANKS[state] < RANKS.done

/** Of the passes that are planned so far; null before there is a plan. */
export function fraction({ progress }: Run): number | null {
  return progress.totalPasses > 0 ? Math.min(1, progress.passes / progress.totalPasses) : null
}

/** `12 of 126 layers`, over all models. */
export function doneText({ progress, spec }: Run): string {
  const { cells, totalCells, units, totalUnits } = progress
  if (totalCells === 0) return `${count(units)} of ${plural(totalUnits, 'measurement')}`
  const { one, many } = UNIT_WORDS[spec.unit]
  return `${count(cells)} of ${plural(totalCells, one, many)}`
}

/** Throughput, time and passes left, as far as they are known; last, whether more may be planned. */
export function leftTexts({ progress, state }: Run): string[] {
  const { passes, totalPasses, rate: speed, secondsLeft, open } = progress
  const texts: string[] = []
  if (state === 'running' && speed !== null) texts.push(rate(speed))
  if (state === 'running' && secondsLeft !== null) texts.push(`${duration(secondsLeft)} left`)
  if (totalPasses > 0) texts.push(`${plural(Math.max(0, totalPasses - passes), 'pass', 'passes')} left`)
  if (open && texts.length > 0) texts.push('so far planned')
  return texts
}

/** Model, layer and trial that are being measured. */
export function nowTexts({ progress }: Run, nameOf: (model: string) => string): string[] {
  const { model, layer, trial } = progress
  return [
    ...(model === null ? [] : [nameOf(model)]),
    ...(layer === null ? [] : [layer]),
    ...(trial === null ? [] : [`trial ${trial}`])
  ]
}

/** `randomize, blocks, 3 trials, all images, seed 0` */
export function specText(spec: MeasurementSpec): string {
  const parts = [perturbationWords(spec.perturbation)]
  if (spec.unit !== 'layer') parts.push(UNIT_WORDS[spec.unit].many)
  if (spec.targetSe === undefined) {
    parts.push(plural(spec.trials, 'trial'))
    parts.push(spec.images === undefined ? 'all images' : plural(spec.images, 'image'))
  } else {
    parts.push(`adaptive, to ${points(spec.targetSe, 2)}`)
    if (spec.images !== undefined) parts.push(`of ${plural(spec.images, 'image')}`)
  }
  return [...parts, `seed ${spec.seed}`].join(', ')
}
