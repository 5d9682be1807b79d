/** A plan in words. */
import type { MeasurementSpec, Plan } from '@shared/contract/measurement'
import { count, plural, points } from '../format'
import { UNIT_WORDS } from '../words'

/** `54 layers × 3 trials × 5 models`; with a target the trials are not known before. */
export function workText(plan: Plan, spec: MeasurementSpec): string {
  const units = plural(plan.layers, UNIT_WORDS[spec.unit].one, UNIT_WORDS[spec.unit].many)
  const trials = spec.targetSe === undefined ? [plural(spec.trials, 'trial')] : []
  return [units, ...trials, plural(plan.models, 'model')].join(' × ')
}

/** What is left of it. A plan with a target counts layers, one without each trial of them. */
export function todoText(plan: Plan, spec: MeasurementSpec): string {
  const done = plan.measured > 0 ? `, ${count(plan.measured)} measured already` : ''
  const { one, many } = UNIT_WORDS[spec.unit]
  return spec.targetSe === undefined
    ? `${plural(plan.units, 'measurement')} to do${done}`
    : `${plural(plan.cells, `${one} of a model`, `${many} of models`)} to do`
}

/** `12,000 forward passes`, or between which bounds they are, and what is to be expected. */
export function passesText({ passes, leastPasses, mostPasses }: Plan): string {
  if (leastPasses >= mostPasses) return plural(passes, 'forward pass', 'forward passes')
  const expected = passes > leastPasses && passes < mostPasses ? `, about ${count(passes)} expected` : ''
  return `${count(leastPasses)} to ${count(mostPasses)} forward passes${expected}`
}

/** How well each will be known, as far as the study's other results tell. */
export function precisionText({ expectedError }: Plan, { targetSe, unit }: MeasurementSpec): string {
  const each = `each ${UNIT_WORDS[unit].one}`
  const expected = expectedError === null ? null : points(expectedError, 2)
  if (targetSe !== undefined) {
    const target = `To a standard error of ${points(targetSe, 2)} for ${each}, within the bounds`
    return expected === null ? target : `${target}; ${expected} expected`
  }
  return expected === null
    ? 'Standard error: known once there are results'
    : `Standard error of about ${expected} for ${each}, as the study’s results suggest`
}
