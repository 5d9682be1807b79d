/** Runs with a real engine process. Expected numbers: PyTorch's, test/fixtures/golden. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/folder'
import { expected, golden, labels } from '../../support/golden'
import { expectProblem } from '../../support/problems'
import { addModel, goldenStudy, measure, spec } from '../../support/workstation'

const LAYERS = ['layer1.0.conv1', 'layer3.0.conv2']
const zero = { perturbation: 'zero', layers: LAYERS }

describe('measuring', () => {
  it('gives PyTorch’s numbers, and measures nothing twice', async () => {
    const opened = await goldenStudy()
    const { run } = await measure(opened, zero)
    expect(run).toMatchObject({ state: 'done', failures: [], notes: [] })
    expect(run.progress).toMatchObject({ units: 2, totalUnits: 2, passes: 600, totalPasses: 600 })
    const rows = await opened.client.results.trials({ study: opened.study })
    expect(rows.map(({ layer }) => layer)).toEqual(LAYERS)
    for (const row of rows) {
      const wanted = expected.rows.find(({ mode, layer }) => mode === 'zero' && layer === row.layer)!
      expect(Math.abs(row.pred_cos_sim - wanted.cos_sim), row.layer).toBeLessThan(1e-4)
      expect(Math.abs(row.pred_l1_err - wanted.l1)).toBeLessThan(1e-4)
      expect(Math.abs(row.pred_l2_err - wanted.l2)).toBeLessThan(1e-4)
      expect(Math.abs(row.pred_ce_loss / wanted.ce_logits - 1)).toBeLessThan(1e-3)
      expect(row.top1_acc).toBeCloseTo(wanted.top1, 6)
      expect(row.top5_acc).toBeCloseTo(wanted.top5, 6)
      expect(row.recovered_acc).toBeCloseTo(wanted.top1 / expected.original.top1, 6)
      expect(Math.abs(row.loss! / wanted.loss - 1)).toBeLessThan(1e-3)
      expect(Math.abs(row.agreement - wanted.agree)).toBeLessThan(1e-6)
      expect(row).toMatchObject({ trial: 0, kind: 'conv', unit: 'layer', perturbation: 'zero', images: 200 })
    }

    const again = await measure(opened, zero)
    expect(again.run).toMatchObject({ state: 'done', progress: { units: 0, totalUnits: 0, totalPasses: 0 } })
    expect(opened.engines.length).toBe(1)
    expect(await opened.client.results.trials({ study: opened.study })).toEqual(rows)
  })

  it('takes a second checkpoint’s layers', async () => {
    const opened = await goldenStudy()
    const file = golden('reinit_trial1.safetensors')
    await measure(opened, { perturbation: `reinit:${file}`, layers: LAYERS })
    const rows = await opened.client.results.trials({ study: opened.study })
    expect(rows.map(({ perturbation }) => perturbation)).toEqual(
      LAYERS.map(() => 'reinit:reinit_trial1.safetensors')
    )
    for (const row of rows) {
      const wanted = expected.rows.find((r) => r.mode === 'reinit' && r.trial === 1 && r.layer === row.layer)!
      expect(Math.abs(row.pred_cos_sim - wanted.cos_sim), row.layer).toBeLessThan(1e-4)
    }
  })

  it('sums trials up into cells, of the trials that were measured', async () => {
    const opened = await goldenStudy()
    await measure(opened, { layers: ['fc'], trials: 2, images: 50 })
    await measure(opened, { layers: ['fc'], trials: 3, images: 50 })
    const [row, ...others] = await opened.client.results.layers({ study: opened.study })
    const trials = await opened.client.results.trials({ study: opened.study })
    expect(others).toEqual([])
    expect(trials.map(({ trial }) => trial)).toEqual([0, 1, 2])
    const values = trials.map(({ pred_cos_sim }) => 1 - pred_cos_sim)
    const mean = values.reduce((sum, value) => sum + value, 0) / 3
    const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2)
    expect(row).toMatchObject({ layer: 'fc', kind: 'linear', trials: 3, images: 50 })
    expect(row!.criticality).toBeCloseTo(mean, 12)
    // From the distances, which are stored as float32.
    expect(Math.abs(row!.std! / std - 1)).toBeLessThan(1e-6)
    // The error of a mean over three trials is at least std / √3.
    expect(row!.standard_error).toBeGreaterThan((0.999 * std) / Math.sqrt(3))
  })

  it('keeps results of another number of images and another seed apart', async () => {
    const opened = await goldenStudy()
    const one = { layers: ['fc'], trials: 1 }
    await measure(opened, { ...one, images: 20 })
    await measure(opened, { ...one, images: 30 })
    await measure(opened, { ...one, images: 30, seed: 1 })
    const rows = await opened.client.results.trials({ study: opened.study })
    expect(rows.map(({ images, seed }) => [images, seed])).toEqual([
      [20, 0],
      [30, 0],
      [30, 1]
    ])
    expect(rows[1]!.pred_cos_sim).not.toBe(rows[2]!.pred_cos_sim)
  })
})

it('labels that a model has no classes for give a note and no accuracy', async () => {
  const path = join(temporaryFolder(), 'labels.txt')
  writeFileSync(path, labels.map((label, i) => (i === 17 ? 10 : label)).join('\n'))
  const opened = await goldenStudy({ labels: path })
  const { run } = await measure(opened, zero)
  expect(run.state).toBe('done')
  expect(run.notes.length).toBe(1)
  expect(run.notes[0]).toMatch(/labels up to 10 .*"model" has 10 classes/)
  const rows = await opened.client.results.trials({ study: opened.study })
  for (const row of rows) {
    const wanted = expected.rows.find(({ mode, layer }) => mode === 'zero' && layer === row.layer)!
    expect(Math.abs(row.pred_cos_sim - wanted.cos_sim)).toBeLessThan(1e-4)
    expect(row).toMatchObject({ top1_acc: null, top5_acc: null, loss: null, recovered_acc: null })
  }
})

it('one file with two normalisations is two models of different results', async () => {
  const opened = await goldenStudy()
  const options = { mean: [0, 0, 0], std: [1, 1, 1] }
  const other = await addModel(opened, golden('model.safetensors'), { name: 'model', options })
  expect(other.id).not.toBe('model')
  await measure(opened, zero)
  const rows = await opened.client.results.trials({ study: opened.study })
  expect(rows.map(({ model_id }) => model_id)).toEqual(['model', 'model', other.id, other.id])
  expect(rows[0]!.pred_cos_sim).not.toBe(rows[2]!.pred_cos_sim)
  const outcomes = await opened.client.models.add({
    study: opened.study,
    models: [{ path: golden('model.safetensors'), options }]
  })
  expect(outcomes[0]).toMatchObject({ existing: true, model: { id: other.id } })
})

describe('a plan', () => {
  const plan = async (opened: Awaited<ReturnType<typeof goldenStudy>>, part: Parameters<typeof spec>[0]) =>
    opened.client.measurement.plan({ study: opened.study, spec: spec(part) })

  it('counts units, passes and what was measured', async () => {
    const opened = await goldenStudy()
    // 19 convolutions and one linear layer; 39 with the batch norms.
    expect(await plan(opened, {})).toMatchObject({
      models: 1,
      layers: 20,
      units: 60,
      measured: 0,
      images: 200,
      passes: 61 * 200,
      seconds: null
    })
    expect(await plan(opened, { kinds: ['norm'], trials: 2, images: 30 })).toMatchObject({
      layers: 19,
      units: 38,
      passes: 39 * 30
    })
    expect(await plan(opened, { images: 5000 })).toMatchObject({ images: 200 })
    // Zero has one trial, whatever is asked for.
    await measure(opened, zero)
    expect(await plan(opened, { perturbation: 'zero', trials: 9 })).toMatchObject({
      units: 18,
      measured: 2,
      passes: 19 * 200
    })
    expect(await plan(opened, zero)).toMatchObject({ units: 0, measured: 2, passes: 0 })
  })

  it('estimates the time from a short measurement', async () => {
    const opened = await goldenStudy()
    const { passes, imagesPerSecond, seconds } = await opened.client.measurement.plan({
      study: opened.study,
      spec: spec(),
      estimate: true
    })
    expect(imagesPerSecond).toBeGreaterThan(1)
    expect(seconds).toBeCloseTo(passes / imagesPerSecond!, 9)
  })

  it('takes patterns of layers and models', async () => {
    const opened = await goldenStudy({
      models: [golden('model.safetensors'), golden('model_fp16.safetensors')]
    })
    expect(await plan(opened, { layers: ['layer?.0.conv1'] })).toMatchObject({ models: 2, layers: 4 })
    expect(await plan(opened, { models: ['*fp16'], layers: ['fc', 'conv1'] })).toMatchObject({
      models: 1,
      layers: 2
    })
    await expectProblem(
      plan(opened, { models: ['resnet*'] }),
      'NOTHING_TO_MEASURE',
      '"resnet*"',
      'model_fp16'
    )
    await expectProblem(plan(opened, { layers: ['layer9*'] }), 'NOTHING_TO_MEASURE', 'layer9*')
    await expectProblem(plan(opened, { layers: ['layer1.0.conv'] }), 'NOTHING_TO_MEASURE')
  })

  it.each(['reinit:', 'noise', 'randomise'])('refuses the perturbation %s', async (perturbation) => {
    await expectProblem(plan(await goldenStudy(), { perturbation }), 'OPTION_INVALID', `"${perturbation}"`)
  })

  it('needs images and models', async () => {
    const opened = await goldenStudy({ models: [] })
    await expectProblem(plan(opened, {}), 'NOTHING_TO_MEASURE', 'no models')
    const { id } = await opened.client.studies.create({ name: 'other' })
    await addModel({ ...opened, study: id }, golden('model.safetensors'))
    await expectProblem(
      opened.client.measurement.plan({ study: id, spec: spec() }),
      'EVALUATION_MISSING',
      '"other"'
    )
  })
})
