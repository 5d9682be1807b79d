/** The adaptive protocol on what a study holds: its decisions are replayed, so that an interrupted run goes on exactly. */
import type { Task } from '@shared/contract/engine'
import type { Outcome } from '@shared/contract/measurement'
import { replay, type AdaptiveOptions, type AdaptiveState, type StopReason } from '@shared/statistics'
import type { Coverage, StudyStore } from '../../store'
import type { PlannedUnit } from './choice'
import { totalMacs } from './macs'
import type { ModelPlan, Protocol } from './plan'
import { sequenceOf, type Sequence } from './sequence'
import { trialKey, type Pending } from './tasks'

type AdaptiveProtocol = Extract<Protocol, { kind: 'adaptive' }>

export interface AdaptivePlan extends ModelPlan {
  readonly protocol: AdaptiveProtocol
}

interface Stored {
  /** Of the configuration; null: nothing is stored. */
  readonly id: number | null
  readonly coverage: Coverage
  readonly failed: ReadonlySet<string>
}

const OUTCOMES: Readonly<Record<StopReason, Outcome>> = {
  reached: 'reached',
  passes: 'budget',
  trials: 'trials',
  images: 'images'
}

/**
 * Multiply–accumulates in the time in which one parameter is drawn: 15 ns of Philox on a processor that does 2·10¹¹ of
 * them a second, or on a device that does 5·10¹². Not measured: decisions must not depend on how busy a machine is.
 */
const MACS_PER_DRAW = { cpu: 3_000, other: 75_000 }

/** What is decided from, of a unit of a model. */
export function optionsFor(plan: AdaptivePlan, unit: PlannedUnit): AdaptiveOptions {
  const { target, passes, trials } = plan.protocol
  const { images: pool, provider } = plan.configuration
  const macs = totalMacs(plan.stored.model.layers)
  const perDraw = provider === 'cpu' ? MACS_PER_DRAW.cpu : MACS_PER_DRAW.other
  const drawCost = macs === null ? 0 : (unit.parameters * perDraw) / (macs * Math.max(unit.share, 1e-3))
  return { target, pool, passes, trials, drawCost }
}

/** The present round of every unit that is not done: all of a model's are measured together. */
export function adaptivePending(store: StudyStore, plan: AdaptivePlan, stored: Stored): Pending {
  const sequence = sequenceOf(plan.configuration)
  const tasks: Task[] = []
  const concluded: { unit: string; outcome: Outcome }[] = []
  const later = new Map<string, number>()
  let measured = 0
  for (const unit of plan.units) {
    const trials = stored.coverage.get(unit.name)
    measured += trials?.size ?? 0
    const state = stateOf(store, plan, { unit, sequence, ...stored })
    if (state.decision.kind === 'stop') {
      concluded.push({ unit: unit.name, outcome: OUTCOMES[state.decision.reason] })
      continue
    }
    const { images: to } = state.decision.round
    for (const trial of state.missing)
      tasks.push({ unit: unit.name, trial, from: trials?.get(trial) ?? 0, to })
    later.set(unit.name, furtherPasses(state, plan.protocol))
  }
  // In the order of trials: those of all units see the same images.
  tasks.sort((a, b) => a.trial - b.trial)
  return { tasks, concluded, measured, later: later.size === 0 ? null : later }
}

function stateOf(
  store: StudyStore,
  plan: AdaptivePlan,
  { unit, sequence, id, coverage, failed }: Stored & { unit: PlannedUnit; sequence: Sequence }
): AdaptiveState {
  const rows = id === null || !coverage.has(unit.name) ? [] : store.measurements.distances(id, unit.name)
  const byTrial = new Map(rows.map((row) => [row.trial, row]))
  return replay(
    (trial, images) => {
      if (failed.has(trialKey(unit.name, trial))) return 'failed'
      const row = byTrial.get(trial)
      if (row === undefined || row.distances.length < images) return null
      return { images: sequence(trial, 0, images), distances: row.distances.subarray(0, images) }
    },
    optionsFor(plan, unit)
  )
}

/** Passes beyond the present round, by the standard error so far. */
function furtherPasses({ summary, decision }: AdaptiveState, { target, passes }: AdaptiveProtocol): number {
  if (summary === null || summary.standardError === null || decision.kind === 'stop') return 0
  const { first, last, images } = decision.round
  const planned = (last - first + 1) * images
  const needed = summary.observations * (summary.standardError / target) ** 2
  return Math.max(0, Math.min(needed, passes) - summary.observations - planned)
}
