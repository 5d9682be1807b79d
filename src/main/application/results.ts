/** Tables and statistics of what a study has measured: the same numbers for screen, files and terminal. */
import type {
  Cell,
  CellDetail,
  LayerRow,
  Series,
  Stats,
  StatsRequest,
  TrialRow
} from '@shared/contract/measurement'
import type { Model } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'
import { parsePerturbation, perturbationName } from '@shared/perturbation-text'
import { kendall, mean, populationStd, spearman } from '@shared/statistics'
import { belongsTo, seriesId, type StoredConfiguration } from '../store'
import type { OpenStudy } from './study'
import { unitKinds } from './unit-kinds'

interface ModelResults {
  readonly model: Model
  readonly configuration: StoredConfiguration
}

/** Every configuration that belongs to a model of the study, in the models' order. */
function results(study: OpenStudy): ModelResults[] {
  const configurations = study.store.configurations.all()
  return study.store.models
    .all()
    .flatMap((stored) =>
      configurations
        .filter((configuration) => belongsTo(configuration, stored))
        .map((configuration) => ({ model: stored.model, configuration }))
    )
}

/** Of one model. */
export function configurationsOf(study: OpenStudy, id: string): StoredConfiguration[] {
  return results(study)
    .filter(({ model }) => model.id === id)
    .map(({ configuration }) => configuration)
}

/** A share of n images in percent, without the rounding of the share. */
const percent = (share: number | null, n: number): number | null =>
  share === null ? null : (100 * Math.round(share * n)) / n
export function trialRows(study: OpenStudy): TrialRow[] {
  return results(study).flatMap(({ model, configuration: c }) => {
    const kinds = unitKinds(model, c)
    const order = new Map([...kinds.keys()].map((name, i) => [name, i]))
    return study.store.measurements
      .trials(c.id)
      .filter(({ layer }) => order.has(layer))
      .sort((a, b) => (order.get(a.layer) ?? 0) - (order.get(b.layer) ?? 0) || a.trial - b.trial)
      .map(({ layer, trial, images, metrics }) => ({
        model_id: model.id,
        layer,
        trial,
        pred_cos_sim: metrics.cosineSimilarity,
        pred_l1_err: metrics.l1,
        pred_l2_err: metrics.l2,
        pred_ce_loss: metrics.crossEntropyOfLogits,
        top1_acc: percent(metrics.top1, images),
        top5_acc: percent(metrics.top5, images),
        loss: metrics.loss,
        recovered_acc: metrics.recoveredAccuracy,
        model: model.name,
        kind: kinds.get(layer) ?? '',
        unit: unitName(c),
        perturbation: c.perturbation,
        seed: c.seed,
        images,
        agreement: metrics.agreement,
        kl: metrics.kl,
        js: metrics.js,
        ...provenance(c)
      }))
  })
}

/** Enough digits of its key to tell a study's evaluation sets apart. */
function evaluationName({ evaluation }: StoredConfiguration): string {
  return evaluation.slice(0, 12)
}

/** With the kinds of layers that were perturbed in it, where those were not all. */
function unitName({ unit, kinds }: StoredConfiguration): string {
  return kinds === '' ? unit : `${unit}:${kinds}`
}

/** How a row was measured. */
function provenance(c: StoredConfiguration) {
  const { scheme, sampling, provider, precision } = c
  return { scheme, evaluation: evaluationName(c), sampling, provider, precision }
}

export function layerRows(study: OpenStudy): LayerRow[] {
  return results(study).flatMap(({ model, configuration: c }) => {
    const kinds = unitKinds(model, c)
    return study.cellsOf(model, c).map((cell) => ({
      model_id: model.id,
      model: model.name,
      layer: cell.layer,
      kind: kinds.get(cell.layer) ?? '',
      unit: unitName(c),
      perturbation: c.perturbation,
      criticality: cell.mean,
      std: cell.std,
      standard_error: cell.standardError,
      trials: cell.trials,
      images: cell.images,
      seed: c.seed,
      ...provenance(c),
      observations: cell.observations,
      degrees_of_freedom: cell.degreesOfFreedom,
      var_trial: cell.components.trial,
      var_image: cell.components.image,
      var_rest: cell.components.rest,
      target_se: cell.targetSe,
      outcome: cell.outcome,
      complete: cell.complete
    }))
  })
}

/** @throws MODEL_UNKNOWN, LAYER_UNKNOWN when nothing of that cell was measured. */
export function cellDetail(
  study: OpenStudy,
  at: { series: string; model: string; layer: string }
): CellDetail {
  const { model } = study.model(at.model)
  const found = results(study).find(
    ({ model: other, configuration }) => other.id === model.id && seriesId(configuration) === at.series
  )
  const cell = found === undefined ? null : study.store.cells.get(found.configuration.id, at.layer)
  if (found === undefined || cell === null) {
    throw new LinchpinError('LAYER_UNKNOWN', `"${at.layer}" of "${model.name}" has not been measured.`)
  }
  const { configuration: c } = found
  return {
    ...cell,
    series: at.series,
    model: at.model,
    scheme: c.scheme,
    measured: study.store.measurements
      .trials(c.id, at.layer)
      .map(({ trial, images, metrics }) => ({ trial, images, metrics })),
    original: study.store.originals.accuracy(c)
  }
}

/** @throws NOTHING_MEASURED for a perturbation or series that was not measured. */
export function stats(study: OpenStudy, request: StatsRequest): Stats {
  const { series, others } = chosenSeries(study, request)
  const ofSeries = results(study).filter(({ configuration }) => seriesId(configuration) === series.id)
  const models = study.models().flatMap((model) => {
    if (request.excludeCategories.includes(model.category)) return []
    const cells = ofSeries
      .filter(({ model: other }) => other.id === model.id)
      .flatMap(({ configuration }) => ofKinds(study, model, configuration, request))
    return cells.length === 0 ? [] : [{ model, cells }]
  })
  const summaries = models.map(({ model, cells }) => {
    const values = cells.map((cell) => cell.mean)
    const errors = cells.map((cell) => cell.standardError)
    const known = errors.filter((error): error is number => error !== null)
    return {
      id: model.id,
      name: model.name,
      category: model.category,
      meanCriticality: mean(values),
      stdOverLayers: populationStd(values),
      // Layers are drawn independently of each other.
      standardError:
        known.length < errors.length
          ? null
          : Math.sqrt(known.reduce((sum, error) => sum + error ** 2, 0)) / errors.length
    }
  })
  return {
    series,
    otherSeries: others,
    models: summaries,
    layers: layerStatistics(models.map(({ cells }) => cells)),
    categories: [...new Set(summaries.map(({ category }) => category))].map((category) => {
      const means = summaries.filter((s) => s.category === category).map((s) => s.meanCriticality)
      return { category, models: means.length, mean: mean(means), std: populationStd(means) }
    }),
    correlation: correlate(
      models.map(({ model }) => model.attributes[request.attribute]),
      summaries.map((s) => s.meanCriticality)
    ),
    spread: spreadOf(models.flatMap(({ cells }) => cells.map((cell) => cell.std)))
  }
}

/** Blocks and stages are of no kind. */
function ofKinds(
  study: OpenStudy,
  model: Model,
  configuration: StoredConfiguration,
  { kinds }: StatsRequest
): Cell[] {
  const cells = study.cellsOf(model, configuration)
  if (configuration.unit === 'block' || configuration.unit === 'stage') return cells
  const known = unitKinds(model, configuration)
  return cells.filter(({ layer }) => kinds.some((kind) => kind === known.get(layer)))
}

/** Without a series asked for: of the present evaluation set before others, then the one with most measurements. */
function chosenSeries(
  study: OpenStudy,
  { series: asked, perturbation: written }: StatsRequest
): { readonly series: Series; readonly others: number } {
  const perturbation = perturbationName(parsePerturbation(written))
  const all = study.series()
  const alike = all.filter((s) => s.perturbation === perturbation)
  const present = study.store.evaluations.current()?.key
  const usual = alike.find((s) => s.evaluationHash === present) ?? alike[0]
  const chosen = asked === undefined ? usual : all.find((s) => s.id === asked)
  if (chosen !== undefined) {
    return { series: chosen, others: all.filter((s) => s.perturbation === chosen.perturbation).length - 1 }
  }
  const known = [...new Set(all.map((s) => s.perturbation))].join(', ')
  throw new LinchpinError(
    'NOTHING_MEASURED',
    `Nothing was measured with ${asked ?? perturbation}; measured: ${known === '' ? 'nothing' : known}.`,
    { fix: known === '' ? 'Measure first.' : 'Choose one of those with --perturbation.' }
  )
}

/** Over the models that have the layer, in the order in which layers first occur. */
function layerStatistics(models: readonly (readonly { layer: string; mean: number }[])[]): Stats['layers'] {
  const values = new Map<string, number[]>()
  for (const cells of models) {
    for (const cell of cells) values.set(cell.layer, [...(values.get(cell.layer) ?? []), cell.mean])
  }
  return [...values].map(([name, means]) => ({ name, mean: mean(means), std: populationStd(means) }))
}

function correlate(attribute: readonly unknown[], criticality: readonly number[]): Stats['correlation'] {
  const x: number[] = []
  const y: number[] = []
  attribute.forEach((value, i) => {
    const other = criticality[i]
    if (typeof value !== 'number' || other === undefined) return
    x.push(value)
    y.push(other)
  })
  const rank = spearman(x, y)
  const tau = kendall(x, y)
  return {
    spearman: { rho: rank.coefficient, p: rank.p, n: rank.n },
    kendall: { tau: tau.coefficient, p: tau.p, n: tau.n }
  }
}

function spreadOf(stds: readonly (number | null)[]): Stats['spread'] {
  const known = stds.filter((std): std is number => std !== null)
  return known.length === 0
    ? { mean: null, max: null }
    : { mean: mean(known), max: known.reduce((a, b) => Math.max(a, b)) }
}
