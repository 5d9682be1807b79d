/** Tables and statistics of made-up measurements, by hand. */
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { statsRequestSchema, type StatsRequest } from '@shared/contract/measurement'
import { compare } from '../../../src/main/application/comparison'
import { cellDetail, layerRows, stats, trialRows } from '../../../src/main/application/results'
import { OpenStudy } from '../../../src/main/application/study'
import { StudyStore, type Configuration } from '../../../src/main/store'
import { temporaryFolder } from '../../support/folder'
import { expectProblem } from '../../support/problems'
import { addTrial, configuration, storedModel } from '../../support/study'

/** Distances of a trial's two images, for each trial of each layer. */
type Trials = Record<string, [number, number][]>

function emptyStudy(): OpenStudy {
  const store = StudyStore.open(join(temporaryFolder(), 'study.linchpin'), { create: { name: 'Study' } })
  const study = new OpenStudy(store)
  onTestFinished(() => study.close())
  return study
}

function addResults(
  study: OpenStudy,
  model: string,
  trials: Trials,
  part: Partial<Configuration> = {}
): void {
  const id = study.store.configurations.findOrAdd(configuration({ modelHash: `hash of ${model}`, ...part }))
  for (const [layer, rows] of Object.entries(trials))
    rows.forEach((row, trial) => addTrial(study.store, id, layer, trial, row))
}

const even = (criticality: number): [number, number] => [criticality, criticality]

/** Layers a, b (convolutions) and bn (a norm) of four models in two categories. */
function fourModels(): OpenStudy {
  const study = emptyStudy()
  const models = [
    ['one', 'baseline', { accuracy: 70 }],
    ['two', 'baseline', { accuracy: 75 }],
    ['three', 'robust', { accuracy: 50, note: 'none' }],
    ['four', 'robust', {}]
  ] as const
  for (const [id, category, attributes] of models)
    study.store.models.add(storedModel(id, { category, attributes }, ['a', 'b', 'bn']))
  addResults(study, 'one', { a: [even(0.25), even(0.75)], b: [even(0.5), even(0.5)], bn: [even(1)] })
  addResults(study, 'two', { a: [even(0.25)], b: [even(0.25)] })
  addResults(study, 'three', { a: [even(1)], b: [even(0.5)] })
  addResults(study, 'four', { a: [even(0.125)] })
  addResults(study, 'one', { a: [even(0.0625)] }, { perturbation: 'zero', scheme: '', requestedScheme: '' })
  return study
}

const request = (part: Partial<StatsRequest> = {}): StatsRequest => statsRequestSchema.parse(part)

describe('statistics', () => {
  it('of models: mean and population deviation over layers', () => {
    const { models } = stats(fourModels(), request())
    // one: a 0.5, b 0.5; two: 0.25, 0.25; three: 1, 0.5; four: 0.125 alone.
    expect(
      models.map(({ id, meanCriticality, stdOverLayers }) => [id, meanCriticality, stdOverLayers])
    ).toEqual([
      ['one', 0.5, 0],
      ['two', 0.25, 0],
      ['three', 0.75, 0.25],
      ['four', 0.125, 0]
    ])
    // one: a's two trials differ by 0.5, MS_trial = 2 · 0.125 = 0.25, no spread over images: √(0.25 / 4); b: 0.
    // The mean of two layers: √(0.25² + 0²) / 2.
    expect(models[0]!.standardError).toBeCloseTo(0.125, 12)
    expect(models[1]!.standardError).toBe(0)
  })

  it('of layers, in the network’s order, over the models that have them', () => {
    const { layers } = stats(fourModels(), request())
    // a: 0.5, 0.25, 1, 0.125; b: 0.5, 0.25, 0.5.
    expect(layers.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(layers[0]!.mean).toBe(0.46875)
    expect(layers[0]!.std).toBeCloseTo(
      Math.sqrt((0.03125 ** 2 + 0.21875 ** 2 + 0.53125 ** 2 + 0.34375 ** 2) / 4),
      12
    )
    expect(layers[1]!.mean).toBeCloseTo(1.25 / 3, 12)
  })

  it('of categories: over the models’ means', () => {
    const { categories } = stats(fourModels(), request())
    expect(categories).toEqual([
      { category: 'baseline', models: 2, mean: 0.375, std: 0.125 },
      { category: 'robust', models: 2, mean: 0.4375, std: 0.3125 }
    ])
  })

  it('of rank correlation: over the models that have the number', () => {
    // Accuracies 70, 75, 50; criticality 0.5, 0.25, 0.75: reversed. τ: p = 2 / 3!.
    const { correlation } = stats(fourModels(), request())
    expect(correlation.spearman).toMatchObject({ n: 3, p: 0 })
    expect(correlation.spearman.rho).toBeCloseTo(-1, 12)
    expect(correlation.kendall.n).toBe(3)
    expect(correlation.kendall.tau).toBeCloseTo(-1, 12)
    expect(correlation.kendall.p).toBeCloseTo(1 / 3, 12)
    // A text is no number, and a name that no model has gives no pairs.
    for (const attribute of ['note', 'epsilon'])
      expect(stats(fourModels(), request({ attribute })).correlation.spearman).toEqual({
        rho: null,
        p: null,
        n: 0
      })
  })

  it('of spread: deviations over trials, of the cells that have two', () => {
    // one's a: trials 0.25 and 0.75; one's b: equal trials.
    const { spread } = stats(fourModels(), request())
    expect(spread.max).toBeCloseTo(0.5 / Math.SQRT2, 12)
    expect(spread.mean).toBeCloseTo(0.25 / Math.SQRT2, 12)
    expect(stats(fourModels(), request({ perturbation: 'zero' })).spread).toEqual({ mean: null, max: null })
  })

  it('leave out categories, and take the kinds asked for', () => {
    const some = stats(fourModels(), request({ excludeCategories: ['robust'] }))
    expect(some.models.map(({ id }) => id)).toEqual(['one', 'two'])
    expect(some.categories.map(({ category }) => category)).toEqual(['baseline'])
    const norms = stats(fourModels(), request({ kinds: ['norm'] }))
    expect(norms.models.map(({ id, meanCriticality }) => [id, meanCriticality])).toEqual([['one', 1]])
  })

  it('take the series with most measurements, or the one asked for', () => {
    const study = fourModels()
    addResults(study, 'one', { a: [even(0.875)] }, { seed: 7 })
    const series = study.series()
    expect(stats(study, request()).models.length).toBe(4)
    const other = series.find(({ seed }) => seed === 7)!
    expect(stats(study, request({ series: other.id })).models.map((m) => m.meanCriticality)).toEqual([0.875])
  })

  it('of what was not measured are refused', async () => {
    const study = fourModels()
    await expectProblem(
      () => stats(study, request({ perturbation: 'noise:0.10' })),
      'NOTHING_MEASURED',
      'noise:0.1',
      'randomize, zero'
    )
    await expectProblem(() => stats(emptyStudy(), request()), 'NOTHING_MEASURED', 'measured: nothing')
  })
})

describe('two models compared', () => {
  it('pair trials and images that both have', () => {
    const study = fourModels()
    addResults(study, 'one', { a: [[0.5, 0.75], [0.25, 0.25], [0.5, 0.5]] }, { seed: 3 }) // prettier-ignore
    addResults(study, 'two', { a: [[0.25, 0.25], [0.25, 0], [0.5, 0.25]] }, { seed: 3 }) // prettier-ignore
    const series = study.series().find(({ seed }) => seed === 3)!.id
    const { layers } = compare(study, { first: 'one', second: 'two', perturbation: 'randomize', series })
    // Differences 0.25, 0.5 | 0, 0.25 | 0, 0.25: mean 1.25 / 6.
    expect(layers.map(({ layer, pairs, observations }) => [layer, pairs, observations])).toEqual([
      ['a', 3, 6]
    ])
    expect(layers[0]!.difference).toBeCloseTo(1.25 / 6, 12)
    expect(layers[0]!.pCorrected).toBe(layers[0]!.p)
    const turned = compare(study, { first: 'two', second: 'one', perturbation: 'randomize', series })
    expect(turned.layers[0]!.difference).toBeCloseTo(-1.25 / 6, 12)
    expect(turned.layers[0]!.p).toBeCloseTo(layers[0]!.p!, 12)
  })

  it('have only layers of both, and one trial says nothing of chance', () => {
    const { layers } = compare(fourModels(), { first: 'one', second: 'two', perturbation: 'randomize' })
    // one has two trials of b, two has one.
    expect(layers.map(({ layer, difference, pairs }) => [layer, difference, pairs])).toEqual([
      ['a', 0, 1],
      ['b', 0.25, 1]
    ])
  })

  it('must have been measured alike', async () => {
    const zero = { first: 'one', second: 'two', perturbation: 'zero' }
    await expectProblem(() => compare(fourModels(), zero), 'NOTHING_MEASURED', 'zero', 'randomize')
    const unknown = { first: 'one', second: 'nine', perturbation: 'randomize' }
    await expectProblem(() => compare(fourModels(), unknown), 'MODEL_UNKNOWN', 'nine')
  })
})

describe('rows', () => {
  it('of trials come by model, layer of the network, trial; accuracies in percent', () => {
    const study = emptyStudy()
    study.store.models.add(storedModel('m', { name: 'The model' }, ['z', 'a']))
    addResults(study, 'm', { a: [even(0.5)], z: [even(0.25), even(0.75)], 'not of the model': [even(1)] })
    const rows = trialRows(study)
    expect(rows.map(({ layer, trial, pred_cos_sim }) => [layer, trial, pred_cos_sim])).toEqual([
      ['z', 0, 0.75],
      ['z', 1, 0.25],
      ['a', 0, 0.5]
    ])
    expect(rows[2]).toEqual({
      model_id: 'm',
      model: 'The model',
      layer: 'a',
      trial: 0,
      kind: 'conv',
      unit: 'layer',
      perturbation: 'randomize',
      seed: 0,
      images: 2,
      pred_cos_sim: 0.5,
      pred_l1_err: 0.5,
      pred_l2_err: 0.25,
      pred_ce_loss: -3,
      top1_acc: 50,
      top5_acc: 100,
      loss: 2,
      recovered_acc: 0.625,
      agreement: 0.75,
      kl: 0.125,
      js: 0.0625,
      scheme: 'torch',
      evaluation: 'images',
      sampling: 'same',
      provider: 'cpu',
      precision: 'float32'
    })
  })

  it('of layers hold the summary over trials', () => {
    const study = emptyStudy()
    study.store.models.add(storedModel('m', {}, ['z', 'a']))
    addResults(study, 'm', { a: [even(0.5)], z: [even(0.25), even(0.75)] })
    expect(layerRows(study)).toMatchObject([
      { model_id: 'm', layer: 'z', criticality: 0.5, trials: 2, images: 2 },
      { model_id: 'm', layer: 'a', criticality: 0.5, std: null, trials: 1 }
    ])
  })

  it('of a removed model are not listed', () => {
    const study = fourModels()
    study.store.models.remove('one')
    expect(new Set(trialRows(study).map(({ model }) => model))).toEqual(new Set(['two', 'three', 'four']))
  })
})

describe('a cell', () => {
  const at = (study: OpenStudy, model: string, layer: string) => ({
    series: study.series()[0]!.id,
    model,
    layer
  })

  it('holds its trials, and an interval by Student’s t', () => {
    const study = fourModels()
    const cell = cellDetail(study, at(study, 'one', 'a'))
    expect(cell).toMatchObject({ mean: 0.5, images: 2, scheme: 'torch', original: { top1: null } })
    expect(cell.measured.map(({ trial, metrics }) => [trial, metrics.criticality])).toEqual([
      [0, 0.25],
      [1, 0.75]
    ])
    // t of one degree of freedom is 12.7: 0.5 ± 12.7 · 0.25 is cut at 0 and 1.
    expect(cell.standardError).toBeCloseTo(0.25, 12)
    expect(cell.interval).toEqual([0, 1])
    expect(cellDetail(study, at(study, 'two', 'a'))).toMatchObject({ std: null, interval: null })
  })

  it('that was not measured is refused', async () => {
    const study = fourModels()
    await expectProblem(() => cellDetail(study, at(study, 'four', 'b')), 'LAYER_UNKNOWN', '"b" of "four"')
    await expectProblem(() => cellDetail(study, at(study, 'five', 'a')), 'MODEL_UNKNOWN', '"five"')
  })
})
