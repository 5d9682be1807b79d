/** Units from specification to results, with real engines. PyTorch's numbers: test/fixtures/units. */
import { describe, expect, it } from 'vitest'
import { evaluationRequestSchema } from '@shared/contract/evaluation'
import { parametersOf, unitsIn } from '@shared/units'
import { fixture, golden } from '../../../support/golden'
import { expectProblem } from '../../../support/problems'
import { bundledFakeEngine, fakeStudy } from '../../../support/fake-engines'
import { expectedUnits } from '../../../support/units'
import { addModel, goldenStudy, measure, spec } from '../../../support/workstation'

const entry = bundledFakeEngine()
const { rows: expectedRows } = expectedUnits
const vit = fixture('vit/timm.safetensors')

it.each(['block', 'stage'] as const)('%ss are measured, with everything in them', async (unit) => {
  const wanted = expectedRows.filter(
    ({ model, type, perturbation, kinds }) =>
      model.startsWith('golden') && type === unit && perturbation === 'zero' && kinds === null
  )
  expect(wanted.length).toBeGreaterThan(0)
  const opened = await goldenStudy()
  const { client, study } = opened
  await measure(opened, { unit, perturbation: 'zero', layers: wanted.map((row) => row.unit) })
  const rows = await client.results.trials({ study })
  expect(rows.length).toBe(wanted.length)
  for (const row of rows) {
    const { criticality, agreement } = wanted.find((other) => other.unit === row.layer)!
    expect(Math.abs(1 - row.pred_cos_sim - criticality), row.layer).toBeLessThan(1e-5)
    expect(row.agreement).toBeCloseTo(agreement, 9)
    // A layer that stands in none is measured alone, and keeps its kind.
    const kind = row.layer.startsWith('layer') ? unit : expect.stringMatching(/conv|norm|linear/)
    expect(row).toMatchObject({ unit, kind, images: 200 })
  }
  // Kinds leave none of them out: most have none.
  const stats = await client.results.stats({
    study,
    request: { attribute: 'accuracy', perturbation: 'zero', kinds: ['norm'], excludeCategories: [] }
  })
  expect(stats.layers.map(({ name }) => name)).toEqual(rows.map(({ layer }) => layer))
})

it('a block of which only some kinds are perturbed is another one, in a series of its own', async () => {
  const opened = await goldenStudy()
  const { client, study } = opened
  const block = { unit: 'block' as const, perturbation: 'zero', layers: ['layer1.0'] }
  await measure(opened, block)
  await measure(opened, { ...block, kinds: ['conv'] })
  const plan = await client.measurement.plan({ study, spec: spec({ ...block, kinds: ['conv', 'norm'] }) })
  expect(plan).toMatchObject({ units: 1, measured: 0 })
  // In whatever order they are named, and all of them are everything.
  const all = spec({ ...block, kinds: ['scale', 'embedding', 'norm', 'linear', 'conv'] })
  expect(await client.measurement.plan({ study, spec: all })).toMatchObject({ units: 0, measured: 1 })
  const rows = await client.results.trials({ study })
  expect(rows.map(({ unit }) => unit)).toEqual(['block', 'block:conv'])
  for (const [i, kinds] of [null, ['conv']].entries()) {
    const wanted = expectedRows.find(
      (row) =>
        row.model.startsWith('golden') &&
        row.unit === 'layer1.0' &&
        row.type === 'block' &&
        row.perturbation === 'zero' &&
        JSON.stringify(row.kinds) === JSON.stringify(kinds)
    )!
    expect(Math.abs(1 - rows[i]!.pred_cos_sim - wanted.criticality)).toBeLessThan(1e-5)
  }
  expect(
    opened.app.studies
      .get(study)
      .series()
      .map(({ kinds }) => kinds)
  ).toEqual([undefined, ['conv']])
})

it('parts of an attention are measured apart', async () => {
  const opened = await goldenStudy({ models: [] })
  const { client, study } = opened
  const model = await addModel(opened, vit, { options: { heads: 2 } })
  const input = evaluationRequestSchema.parse({ path: fixture('vit/input.npy'), all: true })
  await client.evaluation.set({ study, request: input })
  const [first] = unitsIn(model.layers, 'part', ['linear']).filter(({ name }) => name.endsWith('qkv.q'))
  const attention = first!.name.slice(0, -2)
  await measure(opened, { unit: 'part', perturbation: 'zero', layers: [`${attention}.?`] })
  const rows = await client.results.layers({ study })
  expect(rows.map(({ layer, unit, kind, trials }) => [layer, unit, kind, trials])).toEqual(
    ['q', 'k', 'v'].map((part) => [`${attention}.${part}`, 'part', 'linear', 1])
  )
})

it('a lower precision is a series of its own, and what it does to the network is told', async () => {
  const opened = await fakeStudy(entry())
  const some = { layers: ['fc'], trials: 1, images: 10, batch: 8 }
  await measure(opened, some)
  const { run } = await measure(opened, { ...some, precision: 'float16' })
  expect(run.progress.units).toBe(1)
  expect(run.execution).toMatchObject({ precision: 'float16' })
  expect(run.notes).toEqual([
    '"model" in float16: unperturbed, it differs from float32 by a criticality of 0.0013 % and by up to 0.0034 in a logit (8 images); 7 weights are so small that they became 0.'
  ])
  const rows = await opened.client.results.trials({ study: opened.study })
  expect(rows.map(({ precision }) => precision)).toEqual(['float32', 'float16'])
})

describe('models without such units', () => {
  it('are named in a note when others have them', async () => {
    const opened = await fakeStudy(entry(), {}, { models: [golden('model.safetensors'), vit] })
    const stage = { unit: 'stage' as const, trials: 1, images: 10, batch: 8 }
    const { run } = await measure(opened, stage)
    expect(run.state).toBe('done')
    expect(run.notes).toEqual(['"timm" has no stages.'])
    const rows = await opened.client.results.trials({ study: opened.study })
    expect(new Set(rows.map(({ model_id }) => model_id))).toEqual(new Set(['model']))
    const norms = await measure(opened, { kinds: ['scale'], layers: ['x*'], models: ['model'] }).catch(
      (error: unknown) => error
    )
    expect(norms).toMatchObject({ code: 'NOTHING_TO_MEASURE' })
  })

  it('alone are refused', async () => {
    const opened = await fakeStudy(entry(), {}, { models: [vit] })
    const { client, study } = opened
    const plan = client.measurement.plan({ study, spec: spec({ unit: 'stage' }) })
    await expectProblem(plan, 'NOTHING_TO_MEASURE', '"timm" has no stages')
  })
})

describe('a dry run', () => {
  // 0.4 s to start. Of the fake engine: 10 ms a pass, twice that downstream, 1 ms a comparison, 0.5 s a unit, 1 µs a parameter, shards of 50.
  async function planned(part: Parameters<typeof spec>[0]) {
    const opened = await fakeStudy(entry())
    const { client, study } = opened
    const plan = await client.measurement.plan({
      study,
      spec: spec({ layers: ['fc', 'conv1'], batch: 16, ...part }),
      estimate: true
    })
    const units = unitsIn(opened.app.studies.get(study).models()[0]!.layers, 'layer', ['conv', 'linear'])
    const facts = ['conv1', 'fc'].map((name) => {
      const unit = units.find((other) => other.name === name)!
      return { share: unit.members[0]!.layer.downstream!, parameters: parametersOf(unit) }
    })
    return { opened, plan, facts }
  }

  it('adds up the network’s passes, units, comparisons and draws', async () => {
    const { opened, plan, facts } = await planned({ trials: 3, images: 120 })
    const seconds = facts.reduce(
      (sum, { share, parameters }) =>
        sum + 360 * (share * 2 * 0.01 + 0.001) + 3 * 0.5 + 3 * 3 * parameters * 1e-6,
      0.4 + 2 * 120 * 0.01
    )
    expect(facts[0]!.share).toBe(1)
    expect(plan).toMatchObject({ cells: 2, units: 6, passes: 840, leastPasses: 840, mostPasses: 840 })
    expect(plan.seconds).toBeCloseTo(seconds, 9)
    expect(plan.imagesPerSecond).toBeCloseTo(840 / seconds, 9)
    expect(opened.calls().time).toMatchObject([
      {
        units: ['conv1', 'fc'],
        execution: { batch: 16, threads: 1 },
        path: 'downstream',
        images: { count: 120 }
      }
    ])
  })

  it('of whole networks takes each pass as one', async () => {
    const { plan, facts } = await planned({ trials: 1, images: 50, full: true })
    const seconds = facts.reduce(
      (sum, { parameters }) => sum + 50 * (2 * 0.01 + 0.001) + 0.5 + parameters * 1e-6,
      0.4 + 50 * 0.01
    )
    expect(plan.seconds).toBeCloseTo(seconds, 9)
  })

  it('leaves out what is measured, also of trials that were begun', async () => {
    const opened = await fakeStudy(entry(), { piece: 15, dieAbove: 15, dieAfter: 1 })
    const { client, study } = opened
    const one = { layers: ['fc'], trials: 2, images: 40, batch: 1 }
    // Its engine ends after the first piece, again and again; the first one that brings none ends the run.
    const { run } = await measure(opened, { ...one, trials: 1 })
    expect(run.state).toBe('done')
    const plan = await client.measurement.plan({ study, spec: spec(one) })
    expect(plan).toMatchObject({ units: 1, measured: 1, passes: 80 })
  })

  it('expects the standard error that the study’s other results suggest', async () => {
    const opened = await fakeStudy(entry())
    const { client, study } = opened
    const plan = (part: Parameters<typeof spec>[0]) => client.measurement.plan({ study, spec: spec(part) })
    expect((await plan({ layers: ['fc'] })).expectedError).toBeNull()
    await measure(opened, { layers: ['fc'], trials: 10, images: 100, batch: 16 })
    const [cell] = await client.results.layers({ study })
    const { var_trial: trial, var_image: image, var_rest: rest } = cell!
    const wanted = Math.sqrt(trial! / 3 + image! / 200 + rest! / 600)
    // Of the layer itself, and of another one for want of its own.
    for (const layers of [['fc'], ['conv1']])
      expect((await plan({ layers })).expectedError).toBeCloseTo(wanted, 12)
    expect((await plan({ layers: ['fc'], perturbation: 'shuffle' })).expectedError).toBeNull()
  })
})
