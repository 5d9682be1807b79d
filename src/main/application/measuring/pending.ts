/** What is still to be measured of a model: decided by what is stored, so that it can be asked at any time. */
import type { Task } from '@shared/contract/engine'
import type { Outcome, Sampling } from '@shared/contract/measurement'
import type { Coverage, StudyStore } from '../../store'
import { adaptivePending } from './adaptive'
import type { ModelPlan } from './plan'
import { NOTHING, type Amount } from './progress'
import { trialKey } from './trial-key'

export interface Pending {
  readonly tasks: readonly Task[]
  /** Units that are done, with what came of the adaptive protocol; of a fixed protocol none are told. */
  readonly concluded: readonly { readonly unit: string; readonly outcome: Outcome }[]
  /** Trials that are stored and wanted, also in part. */
  readonly measured: number
  /** Passes that further rounds may take, about, by unit; null: what is left is known. */
  readonly later: ReadonlyMap<string, number> | null
}

/** @param failed trials that have no result, as `trialKey` names them: they are not tried again. */
export function pendingOf(store: StudyStore, plan: ModelPlan, failed: ReadonlySet<string>): Pending {
  const id = store.configurations.find(plan.configuration)
  const coverage: Coverage = id === null ? new Map() : store.measurements.coverage(id)
  if (plan.protocol.kind === 'adaptive') {
    const { protocol } = plan
    return adaptivePending(store, { ...plan, protocol }, { id, coverage, failed })
  }
  const { images } = plan.configuration
  const tasks: Task[] = []
  let measured = 0
  // All units once, then again: what is known of the model soon is known of all its units.
  for (let trial = 0; trial < plan.protocol.trials; trial++) {
    for (const { name: unit } of plan.units) {
      const from = coverage.get(unit)?.get(trial) ?? 0
      if (from >= images) measured++
      else if (!failed.has(trialKey(unit, trial))) tasks.push({ unit, trial, from, to: images })
    }
  }
  return { tasks, concluded: [], measured, later: null }
}

/** Images that the unperturbed network sees for some tasks, each once for a sequence of images. */
export function originalImages(tasks: readonly Task[], sampling: Sampling): number {
  const ranges = new Map<number | null, { from: number; to: number }>()
  for (const { trial, from, to } of tasks) {
    const sequence = sampling === 'same' ? null : trial
    const known = ranges.get(sequence)
    ranges.set(sequence, { from: Math.min(from, known?.from ?? from), to: Math.max(to, known?.to ?? to) })
  }
  return [...ranges.values()].reduce((sum, { from, to }) => sum + to - from, 0)
}

/** Of a unit's passes, in full passes: all of the network, or what is downstream. */
export function shareFor(plan: ModelPlan, full: boolean): (unit: string) => number {
  if (full) return () => 1
  const shares = new Map(plan.units.map(({ name, share }) => [name, share]))
  return (unit) => shares.get(unit) ?? 1
}

/** @param full whether the whole network runs for each unit. */
export function amountOf(plan: ModelPlan, { tasks }: Pending, full: boolean): Amount {
  if (tasks.length === 0) return NOTHING
  const originals = originalImages(tasks, plan.configuration.sampling)
  const share = shareFor(plan, full)
  return {
    units: tasks.length,
    cells: new Set(tasks.map(({ unit }) => unit)).size,
    passes: tasks.reduce((sum, { from, to }) => sum + to - from, originals),
    work: tasks.reduce(
      (sum, { unit, from, to }) => sum + (to - from) * share(unit),
      // To lead images downstream, the network runs over them a second time, piece by piece.
      (full ? 1 : 2) * originals
    )
  }
}

/** Work of the passes that further rounds may take; null: there are none. */
export function laterWork(plan: ModelPlan, { later }: Pending, full: boolean): number | null {
  if (later === null) return null
  const share = shareFor(plan, full)
  const longest = Math.max(0, ...later.values())
  return [...later].reduce((sum, [unit, passes]) => sum + passes * share(unit), (full ? 1 : 2) * longest)
}
