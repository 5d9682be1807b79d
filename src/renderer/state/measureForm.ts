import { MOST_TRIALS, type MeasurementSpec, type Scheme } from '@shared/contract/measurement'
import type { LayerKind } from '@shared/contract/model'
import { wholeNumber } from './numbers'

export type PerturbationKind = 'randomize' | 'zero' | 'reinit'

/** The measure sheet as typed. */
export interface MeasureForm {
  which: 'all' | 'ticked'
  /** Patterns with `*` and `?`, separated by commas or spaces; empty: all layers. */
  layers: string
  kinds: LayerKind[]
  perturbation: PerturbationKind
  reinitPath: string
  scheme: Scheme
  trials: string
  images: string
  seed: string
  batch: string
  threads: string
}

export function measureForm(): MeasureForm {
  return {
    which: 'all',
    layers: '',
    kinds: ['conv', 'linear'],
    perturbation: 'randomize',
    reinitPath: '',
    scheme: 'auto',
    trials: '3',
    images: '',
    seed: '0',
    batch: '',
    threads: ''
  }
}

/** A number, undefined where empty, null where wrong. */
function optional(text: string, min: number, max: number): number | undefined | null {
  return text.trim() === '' ? undefined : wholeNumber(text, min, max)
}

/**
 * Null while something is missing or out of bounds.
 * @param ticked ids of the models that the chart shows.
 */
export function measurementSpec(form: MeasureForm, ticked: readonly string[]): MeasurementSpec | null {
  // Only `randomize` draws: the others have one trial.
  const trials = form.perturbation === 'randomize' ? wholeNumber(form.trials, 1, MOST_TRIALS) : 1
  const seed = wholeNumber(form.seed, 0, 0xffffffff)
  const images = optional(form.images, 1, 10_000_000)
  const batch = optional(form.batch, 1, 4096)
  const threads = optional(form.threads, 1, 256)
  const reinitPath = form.reinitPath.trim()
  if (trials === null || seed === null || images === null || batch === null || threads === null) return null
  if (form.kinds.length === 0 || (form.which === 'ticked' && ticked.length === 0)) return null
  if (form.perturbation === 'reinit' && reinitPath === '') return null
  return {
    models: form.which === 'all' ? [] : [...ticked],
    layers: form.layers.split(/[\s,]+/).filter((pattern) => pattern !== ''),
    kinds: [...form.kinds],
    perturbation: form.perturbation === 'reinit' ? `reinit:${reinitPath}` : form.perturbation,
    scheme: form.perturbation === 'randomize' ? form.scheme : 'auto',
    trials,
    seed,
    device: 'auto',
    precision: 'float32',
    ...(images === undefined ? {} : { images }),
    ...(batch === undefined ? {} : { batch }),
    ...(threads === undefined ? {} : { threads })
  }
}
