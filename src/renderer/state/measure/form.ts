import type { Device } from '@shared/contract/devices'
import type { MeasurementSpec, Precision, Scheme } from '@shared/contract/measurement'
import { LAYER_KINDS, type LayerKind } from '@shared/contract/model'
import { perturbationText, usesScheme, isRandom } from '@shared/perturbation-text'
import type { UnitType } from '@shared/units'
import { numberIn, type NumberRule } from '../numbers'
import { perturbationForm, perturbationOf, type PerturbationForm } from './perturbation'
import { design, optional, protocolForm, type ProtocolForm } from './protocol'

/** The measure sheet as typed. */
export interface MeasureForm extends PerturbationForm, ProtocolForm {
  which: 'all' | 'ticked'
  unit: UnitType
  /** Patterns with `*` and `?`, separated by commas or spaces; empty: all layers. */
  layers: string
  /** Null: the unit's usual ones. */
  kinds: LayerKind[] | null
  scheme: Scheme
  seed: string
  device: Device
  precision: Precision
  batch: string
  threads: string
  full: boolean
}

export function measureForm(): MeasureForm {
  return {
    ...perturbationForm(),
    ...protocolForm(),
    which: 'all',
    unit: 'layer',
    layers: '',
    kinds: null,
    scheme: 'auto',
    seed: '0',
    device: 'auto',
    precision: 'float32',
    batch: '',
    threads: '',
    full: false
  }
}

export const EXECUTION_RULES = {
  seed: { min: 0, max: 0xffffffff },
  batch: { min: 1, max: 4096, optional: true },
  threads: { min: 1, max: 256, optional: true }
} as const satisfies Record<string, NumberRule>

export interface Surroundings {
  /** Ids of the models that the chart shows. */
  readonly ticked: readonly string[]
  /** Images of the evaluation set. */
  readonly available: number
}

/** Null while something is missing or out of bounds. */
export function measurementSpec(
  form: MeasureForm,
  { ticked, available }: Surroundings
): MeasurementSpec | null {
  const perturbation = perturbationOf(form)
  const seed = numberIn(form.seed, EXECUTION_RULES.seed)
  const batch = optional(form.batch, EXECUTION_RULES.batch)
  const threads = optional(form.threads, EXECUTION_RULES.threads)
  if (perturbation === null || seed === null || batch === null || threads === null) return null
  if (form.kinds?.length === 0 || (form.which === 'ticked' && ticked.length === 0)) return null
  const numbers = design(form, isRandom(perturbation), available)
  if (numbers === null) return null
  return {
    models: form.which === 'all' ? [] : [...ticked],
    layers: form.layers.split(/[\s,]+/).filter((pattern) => pattern !== ''),
    unit: form.unit,
    kinds: form.kinds === null ? null : LAYER_KINDS.filter((kind) => form.kinds?.includes(kind)),
    perturbation: perturbationText(perturbation),
    scheme: usesScheme(perturbation) ? form.scheme : 'auto',
    ...numbers,
    full: form.full,
    seed,
    device: form.device,
    precision: form.precision,
    ...(batch === undefined ? {} : { batch }),
    ...(threads === undefined ? {} : { threads })
  }
}
