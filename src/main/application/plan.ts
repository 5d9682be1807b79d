/** What a specification asks for, and what of it is still to be measured. */
import { resolve } from 'node:path'
import type { Perturbation } from '@shared/contract/engine'
import type { MeasurementSpec } from '@shared/contract/measurement'
import type { LayerInfo, Model, ModelOptions } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'
import {
  isRandom,
  parsePerturbation,
  perturbationFile,
  perturbationName,
  usesScheme,
  type PerturbationText
} from '@shared/perturbation-text'
import { checkpointFiles, hashFiles } from '../checkpoints'
import { schemeFor, type DrawScheme } from '../perturbations'
import { unitKey, type Configuration, type StoredEvaluation, type StoredModel } from '../store'
import { VERSION } from './version'
import type { Evaluations } from './evaluation'
import { matchesAny } from './patterns'
import type { OpenStudy } from './study'

export interface ModelPlan {
  readonly stored: StoredModel
  readonly configuration: Configuration
  readonly perturbation: Perturbation
  /** In the order in which they are measured: all layers once, then again. */
  readonly units: readonly { readonly layer: string; readonly trial: number }[]
  /** Units that the study has already. */
  readonly measured: number
  readonly layers: number
}

export interface StudyPlan {
  readonly models: readonly ModelPlan[]
  readonly evaluation: StoredEvaluation
  /** Images that every model sees. */
  readonly images: number
}

/** @throws EVALUATION_MISSING, OPTION_INVALID, NOTHING_TO_MEASURE, FILE_* of a second checkpoint. */
export async function planMeasurement(
  study: OpenStudy,
  spec: MeasurementSpec,
  evaluations: Pick<Evaluations, 'current'>
): Promise<StudyPlan> {
  const perturbation = parsePerturbation(spec.perturbation)
  const chosen = chosenModels(study, spec)
  const evaluation = evaluations.current(study)
  const file = perturbationFile(perturbation)
  const second = file === null ? null : resolve(file)
  const perturbationHash = second === null ? '' : await hashFiles(await checkpointFiles(second))
  const images = Math.min(spec.images ?? evaluation.evaluation.count, evaluation.evaluation.count)
  const trials = isRandom(perturbation) ? spec.trials : 1
  const models = chosen.map((stored): ModelPlan => {
    const { model } = stored
    const layers = chosenLayers(model, spec)
    const scheme = spec.scheme === 'auto' ? schemeFor(model.family) : spec.scheme
    const drawn = usesScheme(perturbation)
    const configuration: Configuration = {
      modelHash: model.hash,
      treatment: stored.treatment,
      evaluation: evaluation.key,
      preparation: JSON.stringify(evaluation.evaluation.preparation),
      images,
      unit: 'layer',
      perturbation: perturbationName(perturbation),
      perturbationHash,
      // What seed or scheme does not change is not told apart by them.
      scheme: drawn ? scheme : '',
      // Named alike however it was asked for: what was drawn alike stands in one series.
      requestedScheme: drawn ? (scheme === schemeFor(model.family) ? 'auto' : scheme) : '',
      seed: isRandom(perturbation) ? spec.seed : 0,
      precision: 'float32',
      provider: 'cpu',
      versions: JSON.stringify({ linchpin: VERSION, node: process.version })
    }
    const known = study.store.results.find(configuration)
    const measured = known === null ? new Set<string>() : study.store.results.measured(known)
    const all = Array.from({ length: trials }, (_, trial) =>
      layers.map(({ name }) => ({ layer: name, trial }))
    ).flat()
    const units = all.filter(({ layer, trial }) => !measured.has(unitKey(layer, trial)))
    return {
      stored,
      configuration,
      perturbation: enginePerturbation(
        perturbation,
        scheme,
        second === null ? null : { path: second, options: secondOptions(model.options) }
      ),
      units,
      measured: all.length - units.length,
      layers: layers.length
    }
  })
  if (models.every(({ layers }) => layers === 0)) {
    throw new LinchpinError(
      'NOTHING_TO_MEASURE',
      `No layer is ${spec.kinds.join(', ')}${spec.layers.length === 0 ? '' : ` and matches ${spec.layers.join(' ')}`}.`,
      { fix: 'Choose other kinds of layers, or other patterns.' }
    )
  }
  return { models, evaluation, images }
}

/** How a second checkpoint is read: as the same network, which may be wrapped otherwise and has its own classifier. */
function secondOptions({ architecture, heads, epsilon, output }: ModelOptions): ModelOptions {
  return {
    ...(architecture === undefined ? {} : { architecture }),
    ...(heads === undefined ? {} : { heads }),
    ...(epsilon === undefined ? {} : { epsilon }),
    ...(output === undefined ? {} : { output })
  }
}

function enginePerturbation(
  perturbation: PerturbationText,
  scheme: DrawScheme,
  second: { readonly path: string; readonly options: ModelOptions } | null
): Perturbation {
  switch (perturbation.kind) {
    case 'randomize':
      return { kind: 'randomize', scheme }
    case 'reinit':
      if (second === null) throw new Error('reinit without a second checkpoint')
      return { kind: 'reinit', ...second }
    case 'interpolate': {
      const { alpha } = perturbation
      const towards =
        second === null ? ({ kind: 'draw', scheme } as const) : ({ kind: 'checkpoint', ...second } as const)
      return { kind: 'interpolate', alpha, towards }
    }
    case 'noise':
      return perturbation
    default:
      return { kind: perturbation.kind }
  }
}

function chosenModels(study: OpenStudy, { models: patterns }: MeasurementSpec): StoredModel[] {
  const all = study.store.models.all()
  const chosen = all.filter(({ model }) => matchesAny(patterns, model.id, model.name))
  if (chosen.length > 0) return chosen
  throw new LinchpinError(
    'NOTHING_TO_MEASURE',
    all.length === 0
      ? `"${study.info().name}" has no models.`
      : `No model matches ${patterns.map((p) => `"${p}"`).join(', ')}; the study has ${all.map(({ model }) => model.id).join(', ')}.`,
    {
      fix:
        all.length === 0
          ? 'Add models first (linchpin import STUDY FILE…).'
          : 'Give ids or names, with * for any characters and ? for one.'
    }
  )
}

function chosenLayers(model: Model, { kinds, layers: patterns }: MeasurementSpec): LayerInfo[] {
  return model.layers.filter((layer) => kinds.includes(layer.kind) && matchesAny(patterns, layer.name))
}

/** (layer, trial) pairs that are still to be measured. */
export function unitsOf({ models }: StudyPlan): number {
  return models.reduce((sum, { units }) => sum + units.length, 0)
}

/** Forward passes of a plan: each unit over all images, and each model's own. */
export function passesOf({ models, images }: StudyPlan): number {
  return models.reduce((sum, { units }) => sum + (units.length === 0 ? 0 : (units.length + 1) * images), 0)
}
