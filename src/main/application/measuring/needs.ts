/** What is left to measure of a model, as far as it can be known before. */
import { isRandom, parsePerturbation } from '@shared/perturbation-text'
import type { MeasurementSpec } from '@shared/contract/measurement'
import type { StudyStore } from '../../store'
import { optionsFor, type AdaptivePlan } from './adaptive'
import { ComparableCells, standardErrorOf, USUAL } from './comparable'
import { expectedCourse } from './expectation'
import { originalImages, pendingOf } from './pending'
import type { ModelPlan } from './plan'

export interface UnitNeed {
  readonly name: string
  readonly share: number
  readonly parameters: number
  readonly trials: number
  /** Image × trial. */
  readonly passes: number
  readonly least: number
  readonly most: number
  /** Standard error to be expected; null: nothing tells. */
  readonly error: number | null
}

export interface ModelNeeds {
  /** With something left to measure. */
  readonly units: readonly UnitNeed[]
  /** Trials that are stored already. */
  readonly measured: number
  /** Images that the unperturbed network sees. */
  readonly originals: number
  /** Rounds of measuring; one, where all is planned at once. */
  readonly rounds: number
}

export function needsOf(store: StudyStore, plan: ModelPlan, spec: MeasurementSpec): ModelNeeds {
  const pending = pendingOf(store, plan, new Set())
  const random = isRandom(parsePerturbation(spec.perturbation))
  const known = new ComparableCells(store, plan.configuration, random)
  const { protocol } = plan
  if (protocol.kind === 'adaptive')
    return adaptiveNeeds(store, { ...plan, protocol }, pending.concluded, known)
  const byUnit = Map.groupBy(pending.tasks, ({ unit }) => unit)
  const units = plan.units.flatMap((unit): UnitNeed[] => {
    const tasks = byUnit.get(unit.name)
    if (tasks === undefined) return []
    const spread = known.of(unit.name)
    const passes = tasks.reduce((sum, { from, to }) => sum + to - from, 0)
    const error = spread === null ? null : standardErrorOf(spread, protocol.trials, plan.configuration.images)
    return [{ ...unit, trials: tasks.length, passes, least: passes, most: passes, error }]
  })
  const originals = originalImages(pending.tasks, plan.configuration.sampling)
  return { units, measured: pending.measured, originals, rounds: 1 }
}

function adaptiveNeeds(
  store: StudyStore,
  plan: AdaptivePlan,
  concluded: readonly { readonly unit: string }[],
  known: ComparableCells
): ModelNeeds {
  const done = new Set(concluded.map(({ unit }) => unit))
  const id = store.configurations.find(plan.configuration)
  const cells = new Map((id === null ? [] : store.cells.of(id)).map((cell) => [cell.layer, cell]))
  let rounds = 0
  let measured = 0
  const units = plan.units.flatMap((unit): UnitNeed[] => {
    const seen = cells.get(unit.name)
    measured += seen?.trials ?? 0
    if (done.has(unit.name)) return []
    const options = optionsFor(plan, unit)
    const course = expectedCourse(options, known.of(unit.name) ?? USUAL)
    const certain = expectedCourse(options, { trial: 0, image: 0, rest: 0, mean: 0.5 })
    rounds = Math.max(rounds, course.rounds)
    const beyond = (value: number, have = 0): number => Math.max(1, value - have)
    return [
      {
        ...unit,
        trials: beyond(course.trials, seen?.trials),
        passes: beyond(course.passes, seen?.observations),
        least: beyond(certain.passes, seen?.observations),
        most: beyond(options.passes, seen?.observations),
        error: course.standardError
      }
    ]
  })
  // Trials of all units see the same images.
  const originals = Math.max(0, ...units.map(({ passes }) => passes))
  return { units, measured, originals, rounds }
}
