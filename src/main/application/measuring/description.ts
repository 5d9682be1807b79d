import type { MeasurementSpec, Plan } from '@shared/contract/measurement'
import { mean } from '@shared/statistics'
import type { OpenStudy } from '../study'
import { estimateSeconds } from './estimate'
import { needsOf, type ModelNeeds, type UnitNeed } from './needs'
import type { StudyPlan } from './plan'
import type { QueueParts } from './queue'

interface Description extends QueueParts {
  readonly study: OpenStudy
  readonly spec: MeasurementSpec
  readonly plan: StudyPlan
  /** Whether the time is estimated, from a short trial. */
  readonly estimate: boolean
}

/** A plan in numbers. */
export async function describePlan({ study, spec, plan, estimate, ...parts }: Description): Promise<Plan> {
  const needs = plan.models.map((model) => needsOf(study.store, model, spec))
  const units = needs.flatMap((need) => need.units)
  const total = (of: keyof Pick<UnitNeed, 'trials' | 'passes' | 'least' | 'most'>): number =>
    units.reduce((sum, unit) => sum + unit[of], 0)
  const originals = (of: 'passes' | 'least' | 'most'): number =>
    needs.reduce((sum, need) => sum + originalPasses(need, of), 0)
  const errors = units.map(({ error }) => error).filter((error) => error !== null)
  const passes = total('passes') + originals('passes')
  const seconds =
    estimate && units.length > 0 ? await estimateSeconds({ study, spec, plan, needs, ...parts }) : null
  return {
    models: plan.models.length,
    layers: Math.max(...plan.models.map((model) => model.units.length)),
    units: total('trials'),
    measured: needs.reduce((sum, { measured }) => sum + measured, 0),
    images: plan.images,
    cells: units.length,
    passes,
    leastPasses: total('least') + originals('least'),
    mostPasses: total('most') + originals('most'),
    expectedError: errors.length === 0 ? null : mean(errors),
    imagesPerSecond: seconds === null ? null : passes / seconds,
    seconds
  }
}

/** Of a model's own passes: with a target as many as the unit that takes most. */
function originalPasses({ units, originals }: ModelNeeds, of: 'passes' | 'least' | 'most'): number {
  if (units.every((unit) => unit.passes === unit[of])) return originals
  return Math.max(0, ...units.map((unit) => unit[of]))
}
