/** What a specification asks for: which units of which models, how they are perturbed, and how they are measured. */
import { resolve } from 'node:path'
import type { Provider, ResolvedDevice } from '@shared/contract/devices'
import type { Perturbation } from '@shared/contract/engine'
import type { MeasurementSpec } from '@shared/contract/measurement'
import { LinchpinError } from '@shared/errors'
import {
  isRandom,
  parsePerturbation,
  perturbationFile,
  perturbationName,
  usesScheme
} from '@shared/perturbation-text'
import { checkpointFiles, hashFiles } from '../../checkpoints'
import { schemeFor } from '../../perturbations'
import type { Configuration, StoredEvaluation, StoredModel } from '../../store'
import type { Devices } from '../devices'
import type { Evaluations } from '../evaluation'
import type { OpenStudy } from '../study'
import { chosenModels, chosenUnits, kindsKey, whyNothing, type PlannedUnit } from './choice'
import { enginePerturbation } from './perturbation'
import { versions } from './versions'

/** Every trial sees every image; or units are measured to a target. */
export type Protocol =
  | { readonly kind: 'fixed'; readonly trials: number }
  | {
      readonly kind: 'adaptive'
      readonly target: number
      /** Most passes and trials of a unit. */
      readonly passes: number
      readonly trials: number
    }

export interface ModelPlan {
  readonly stored: StoredModel
  readonly configuration: Configuration
  readonly perturbation: Perturbation
  readonly protocol: Protocol
  /** In network order. */
  readonly units: readonly PlannedUnit[]
}

export interface StudyPlan {
  readonly models: readonly ModelPlan[]
  readonly evaluation: StoredEvaluation
  /** Images that every trial sees, or that trials take theirs from. */
  readonly images: number
  readonly provider: Provider
  readonly notes: readonly string[]
}

/** What plans are made with. */
export interface Planning {
  readonly evaluations: Pick<Evaluations, 'current'>
  readonly devices: Pick<Devices, 'resolve'>
}

/**
 * @param provider that a run has begun with: it never changes.
 * @throws EVALUATION_MISSING, OPTION_INVALID, NOTHING_TO_MEASURE, DEVICE_UNAVAILABLE, FILE_* of a second checkpoint.
 */
export async function planMeasurement(
  study: OpenStudy,
  spec: MeasurementSpec,
  { evaluations, devices }: Planning,
  provider: Provider | null = null
): Promise<StudyPlan> {
  const perturbation = parsePerturbation(spec.perturbation)
  const chosen = chosenModels(study, spec)
  const evaluation = evaluations.current(study)
  const file = perturbationFile(perturbation)
  const second = file === null ? null : resolve(file)
  const perturbationHash = second === null ? '' : await hashFiles(await checkpointFiles(second))
  const device = await devices.resolve(provider ?? spec.device, spec.precision)
  const images = Math.min(spec.images ?? evaluation.evaluation.count, evaluation.evaluation.count)
  const random = isRandom(perturbation)
  const drawn = usesScheme(perturbation)
  const protocol = protocolOf(spec, random)
  const models = chosen.map((stored): ModelPlan => {
    const { model } = stored
    const scheme = spec.scheme === 'auto' ? schemeFor(model.family) : spec.scheme
    return {
      stored,
      perturbation: enginePerturbation(perturbation, scheme, second, model.options),
      protocol,
      units: chosenUnits(model, spec),
      configuration: {
        modelHash: model.hash,
        treatment: stored.treatment,
        evaluation: evaluation.key,
        preparation: JSON.stringify(evaluation.evaluation.preparation),
        images,
        sampling: protocol.kind === 'adaptive' ? 'fresh' : 'same',
        unit: spec.unit,
        kinds: kindsKey(spec),
        perturbation: perturbationName(perturbation),
        perturbationHash,
        // What seed or scheme does not change is not told apart by them.
        scheme: drawn ? scheme : '',
        // Named alike however it was asked for: what was drawn alike stands in one series.
        requestedScheme: drawn ? (scheme === schemeFor(model.family) ? 'auto' : scheme) : '',
        seed: random ? spec.seed : 0,
        precision: spec.precision,
        provider: device.provider,
        versions: JSON.stringify(versions())
      }
    }
  })
  const reasons = models
    .filter(({ units }) => units.length === 0)
    .map(({ stored }) => whyNothing(stored.model, spec))
  if (reasons.length === models.length) {
    throw new LinchpinError('NOTHING_TO_MEASURE', reasons.join(' '), {
      fix: 'Choose other units, other kinds of layers, or other patterns.'
    })
  }
  return {
    models,
    evaluation,
    images,
    provider: device.provider,
    notes: [...notesOf(spec, images, device), ...reasons]
  }
}

/** What draws nothing has one trial, and is measured on all images, whatever the target. */
function protocolOf({ targetSe, trials, budget }: MeasurementSpec, random: boolean): Protocol {
  if (!random) return { kind: 'fixed', trials: 1 }
  return targetSe === undefined
    ? { kind: 'fixed', trials }
    : { kind: 'adaptive', target: targetSe, passes: budget, trials }
}

function notesOf(spec: MeasurementSpec, images: number, { note }: ResolvedDevice): string[] {
  const missing =
    spec.images !== undefined && spec.images > images
      ? [`${String(spec.images)} images were asked for; the evaluation set has ${String(images)}.`]
      : []
  return [...missing, ...(note === null ? [] : [note])]
}
