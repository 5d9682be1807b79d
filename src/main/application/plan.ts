/** What a specification asks for, and what of it is still to be measured. */
import { basename, resolve } from 'node:path'
import type { Perturbation } from '@shared/contract/engine'
import type { MeasurementSpec } from '@shared/contract/measurement'
import type { LayerInfo, Model, ModelOptions } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'
import { checkpointFiles, hashFiles } from '../checkpoints'
import { schemeFor } from '../perturbations'
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

/** A perturbation as the user writes it: `randomize`, `zero`, `reinit:FILE`. */
type PerturbationText =
  { readonly kind: 'randomize' | 'zero' } | { readonly kind: 'reinit'; readonly path: string }

/** @throws OPTION_INVALID. */
export function parsePerturbation(text: string): PerturbationText {
  if (text === 'randomize' || text === 'zero') return { kind: text }
  if (text.startsWith('reinit:') && text.length > 'reinit:'.length) {
    return { kind: 'reinit', path: text.slice('reinit:'.length) }
  }
  throw new LinchpinError(
    'OPTION_INVALID',
    `The perturbation is "${text}"; expected randomize, zero or reinit:FILE.`
  )
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
  const second = perturbation.kind === 'reinit' ? resolve(perturbation.path) : null
  const perturbationHash = second === null ? '' : await hashFiles(await checkpointFiles(second))
  const images = Math.min(spec.images ?? evaluation.evaluation.count, evaluation.evaluation.count)
  const trials = perturbation.kind === 'randomize' ? spec.trials : 1
  const models = chosen.map((stored): ModelPlan => {
    const { model } = stored
    const layers = chosenLayers(model, spec)
    const scheme = spec.scheme === 'auto' ? schemeFor(model.family) : spec.scheme
    const randomized = perturbation.kind === 'randomize'
    const configuration: Configuration = {
      modelHash: model.hash,
      treatment: stored.treatment,
      evaluation: evaluation.key,
      preparation: JSON.stringify(evaluation.evaluation.preparation),
      images,
      unit: 'layer',
      perturbation: second === null ? perturbation.kind : `reinit:${basename(second)}`,
      perturbationHash,
      // Neither seed nor scheme changes what zero and reinit do.
      scheme: randomized ? scheme : '',
      // Named alike however it was asked for: what was drawn alike stands in one series.
      requestedScheme: randomized ? (scheme === schemeFor(model.family) ? 'auto' : scheme) : '',
      seed: randomized ? spec.seed : 0,
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
      perturbation:
        second === null
          ? enginePerturbation(perturbation.kind, scheme)
          : { kind: 'reinit', path: second, options: secondOptions(model.options) },
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

function enginePerturbation(kind: string, scheme: ReturnType<typeof schemeFor>): Perturbation {
  return kind === 'zero' ? { kind } : { kind: 'randomize', scheme }
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
