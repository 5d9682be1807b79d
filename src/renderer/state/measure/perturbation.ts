/** The perturbation of the measure sheet: one of seven forms, with what belongs to it. */
import { isRandom, usesScheme, type PerturbationText } from '@shared/perturbation-text'
import { numberIn, type NumberRule } from '../numbers'

export const PERTURBATIONS = [
  'randomize',
  'zero',
  'shuffle',
  'noise',
  'reinit',
  'interpolate-file',
  'interpolate-random'
] as const
export type PerturbationChoice = (typeof PERTURBATIONS)[number]

export interface PerturbationForm {
  perturbation: PerturbationChoice
  /** Of the noise, in standard deviations of the tensor's values. */
  noise: string
  alpha: string
  /** Of the second checkpoint. */
  file: string
}

export function perturbationForm(): PerturbationForm {
  return { perturbation: 'randomize', noise: '0.1', alpha: '0.5', file: '' }
}

export const PERTURBATION_RULES = {
  noise: { min: 0, max: 1e6, decimal: true },
  alpha: { min: 0, max: 1, decimal: true }
} as const satisfies Record<string, NumberRule>

/** Null where something is missing or out of bounds. */
export function perturbationOf(form: PerturbationForm): PerturbationText | null {
  const { perturbation } = form
  switch (perturbation) {
    case 'randomize':
    case 'zero':
    case 'shuffle':
      return { kind: perturbation }
    case 'noise': {
      const scale = numberIn(form.noise, PERTURBATION_RULES.noise)
      return scale === null ? null : { kind: 'noise', scale }
    }
    case 'reinit': {
      const path = form.file.trim()
      return path === '' ? null : { kind: 'reinit', path }
    }
    case 'interpolate-file':
    case 'interpolate-random': {
      const alpha = numberIn(form.alpha, PERTURBATION_RULES.alpha)
      const path = perturbation === 'interpolate-random' ? null : form.file.trim()
      if (alpha === null || path === '') return null
      // The bare word means fresh parameters.
      return { kind: 'interpolate', path: path === 'random' ? './random' : path, alpha }
    }
  }
}

export const needsFile = (choice: PerturbationChoice): boolean =>
  choice === 'reinit' || choice === 'interpolate-file'
export const needsAlpha = (choice: PerturbationChoice): boolean => choice.startsWith('interpolate')

/** Of a form that may be incomplete: what it depends on, whatever its numbers. */
export const drawsTrials = (choice: PerturbationChoice): boolean => isRandom(sample(choice))
export const drawsByScheme = (choice: PerturbationChoice): boolean => usesScheme(sample(choice))

function sample(choice: PerturbationChoice): PerturbationText {
  const whole = { perturbation: choice, noise: '1', alpha: '1', file: 'file' }
  return perturbationOf(whole) ?? { kind: 'randomize' }
}
