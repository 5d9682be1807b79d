/** Protocols of the measure sheet: how many trials and images a layer gets. */
import {
  ADAPTIVE_TRIALS,
  MOST_TRIALS,
  PAPER_PASSES,
  type MeasurementSpec
} from '@shared/contract/measurement'
import { numberIn, type NumberRule } from '../numbers'

export const PROTOCOLS = ['paper', 'quick', 'adaptive', 'own'] as const
export type Protocol = (typeof PROTOCOLS)[number]

/** Trials and images of the fixed ones. */
export const FIXED = {
  paper: { trials: 3, images: 10_000 },
  quick: { trials: 3, images: 256 }
} as const

export interface ProtocolForm {
  protocol: Protocol
  /** Own numbers; `images` empty: all. */
  trials: string
  images: string
  /** Of the adaptive one: percentage points, then the bounds; `pool` empty: all images. */
  target: string
  mostTrials: string
  budget: string
  pool: string
}

export function protocolForm(): ProtocolForm {
  return {
    protocol: 'paper',
    trials: '3',
    images: '',
    target: '1',
    mostTrials: String(ADAPTIVE_TRIALS),
    budget: String(PAPER_PASSES),
    pool: ''
  }
}

const IMAGES: NumberRule = { min: 1, max: 10_000_000, optional: true }
/** Bounds as the contract has them; the target is in points, and below the smallest nothing could be seen. */
export const PROTOCOL_RULES = {
  trials: { min: 1, max: MOST_TRIALS },
  images: IMAGES,
  target: { min: 0.001, max: 50, decimal: true },
  mostTrials: { min: 2, max: MOST_TRIALS },
  budget: { min: 100, max: 1e9 },
  pool: IMAGES
} as const satisfies Record<string, NumberRule>

type Design = Pick<MeasurementSpec, 'trials' | 'images' | 'targetSe' | 'budget'>

/**
 * What a protocol asks for; null where a number is missing or out of bounds.
 * @param random whether trials differ; else one is enough, and nothing adapts.
 * @param available images of the evaluation set: a fixed protocol takes all where there are no more than it wants.
 */
export function design(form: ProtocolForm, random: boolean, available: number): Design | null {
  const protocol = protocolFor(form, random)
  if (protocol === 'adaptive') return adaptive(form)
  const trials = protocol === 'own' ? numberIn(form.trials, PROTOCOL_RULES.trials) : FIXED[protocol].trials
  const images = protocol === 'own' ? optional(form.images, IMAGES) : fewer(FIXED[protocol].images, available)
  if (trials === null || images === null) return null
  return {
    trials: random ? trials : 1,
    budget: PAPER_PASSES,
    ...(images === undefined ? {} : { images })
  }
}

/** The adaptive protocol needs trials that differ. */
export const protocolFor = ({ protocol }: ProtocolForm, random: boolean): Protocol =>
  protocol === 'adaptive' && !random ? 'paper' : protocol

function adaptive(form: ProtocolForm): Design | null {
  const target = numberIn(form.target, PROTOCOL_RULES.target)
  const trials = numberIn(form.mostTrials, PROTOCOL_RULES.mostTrials)
  const budget = numberIn(form.budget, PROTOCOL_RULES.budget)
  const images = optional(form.pool, PROTOCOL_RULES.pool)
  if (target === null || trials === null || budget === null || images === null) return null
  return { trials, targetSe: target / 100, budget, ...(images === undefined ? {} : { images }) }
}

/** Undefined, all, where there are no more: a set that grows later is measured in full by the same words. */
const fewer = (wanted: number, available: number): number | undefined =>
  available > wanted ? wanted : undefined

/** A number, undefined where empty, null where wrong. */
export function optional(text: string, rule: NumberRule): number | undefined | null {
  return text.trim() === '' ? undefined : numberIn(text, rule)
}
