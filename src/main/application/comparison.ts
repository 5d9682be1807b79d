/** Two models, layer by layer: they met the same draws and images, so that their differences are paired. */
import type { Comparison, ComparisonRequest } from '@shared/contract/comparison'
import type { Series } from '@shared/contract/measurement'
import { LinchpinError } from '@shared/errors'
import { parsePerturbation, perturbationName } from '@shared/perturbation-text'
import { holm, pairedDifference, type TrialDistances } from '@shared/statistics'
import { seriesId, type StoredConfiguration } from '../store'
import { sequenceOf } from './measuring/sequence'
import { configurationsOf } from './results'
import type { OpenStudy } from './study'

/** @throws MODEL_UNKNOWN, NOTHING_MEASURED when no series has both models. */
export function compare(study: OpenStudy, request: ComparisonRequest): Comparison {
  const [first, second] = [study.model(request.first).model, study.model(request.second).model]
  const [ones, others] = [configurationsOf(study, first.id), configurationsOf(study, second.id)]
  const both = study.series().filter((series) => holds(ones, series) && holds(others, series))
  const series = chosen(study, both, request)
  const one = ones.find((configuration) => seriesId(configuration) === series.id)
  const other = others.find((configuration) => seriesId(configuration) === series.id)
  if (one === undefined || other === undefined) throw new Error('a series without its configurations')
  const measured = new Set(study.cellsOf(second, other).map(({ layer }) => layer))
  const rows = study.cellsOf(first, one).flatMap(({ layer }) => {
    if (!measured.has(layer)) return []
    const found = pairedDifference(trialsOf(study, one, layer), trialsOf(study, other, layer))
    if (found === null) return []
    const { difference, standardError, unpairedStandardError, gain, p, pairs, observations } = found
    const interval = found.interval === null ? null : [...found.interval]
    return [
      { layer, difference, standardError, unpairedStandardError, gain, interval, p, pairs, observations }
    ]
  })
  const corrected = holm(rows.map(({ p }) => p))
  return {
    first: first.id,
    second: second.id,
    series,
    layers: rows.map((row, i) => ({ ...row, pCorrected: corrected[i] ?? null }))
  }
}

function holds(configurations: readonly StoredConfiguration[], { id }: Series): boolean {
  return configurations.some((configuration) => seriesId(configuration) === id)
}

/** Of the present evaluation set before others; series come with the one of most measurements first. */
function chosen(
  study: OpenStudy,
  both: readonly Series[],
  { series: asked, perturbation, first, second }: ComparisonRequest
): Series {
  const name = perturbationName(parsePerturbation(perturbation))
  const alike = both.filter((series) =>
    asked === undefined ? series.perturbation === name : series.id === asked
  )
  const present = study.store.evaluations.current()?.key
  const found = alike.find(({ evaluationHash }) => evaluationHash === present) ?? alike[0]
  if (found !== undefined) return found
  const known = [...new Set(both.map((series) => series.perturbation))].join(', ')
  throw new LinchpinError(
    'NOTHING_MEASURED',
    `"${first}" and "${second}" have no measurements of ${asked ?? name} that compare${known === '' ? '' : `; of both there is ${known}`}.`,
    { fix: 'Measure both with the same images, perturbation, seed and device.' }
  )
}

function trialsOf(study: OpenStudy, configuration: StoredConfiguration, layer: string): TrialDistances[] {
  const sequence = sequenceOf(configuration)
  return study.store.measurements
    .distances(configuration.id, layer)
    .map(({ trial, distances }) => ({ trial, images: sequence(trial, 0, distances.length), distances }))
}
