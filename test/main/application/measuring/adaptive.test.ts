/** The adaptive protocol from specification to stored cells: fake engines, whose distances are made up. */
import { describe, expect, it } from 'vitest'
import { CellStatistics } from '@shared/statistics'
import { trialImages } from '../../../../src/main/perturbations'
import { bundledFakeEngine, fakeStudy, type FakeStudy } from '../../../support/fake-engines'
import { golden } from '../../../support/golden'
import { madeUp } from '../../../support/made-up'
import { measure, measured, spec } from '../../../support/workstation'

const entry = bundledFakeEngine()

const LAYERS = ['conv1', 'layer1.0.conv2', 'fc']
const TARGET = { layers: LAYERS, targetSe: 0.01, trials: 2000, batch: 32 }

const cells = async ({ client, study }: FakeStudy) => client.results.layers({ study })
const trials = async ({ client, study }: FakeStudy) => client.results.trials({ study })

describe('a target', () => {
  it('is reached by every layer, with images of each trial’s own', async () => {
    const opened = await fakeStudy(entry())
    const { run } = await measure(opened, TARGET)
    expect(run).toMatchObject({
      state: 'done',
      failures: [],
      progress: { open: false, cells: 3, totalCells: 3 }
    })
    const rows = await cells(opened)
    expect(rows.map(({ layer }) => layer)).toEqual(LAYERS)
    for (const row of rows) {
      expect(row).toMatchObject({ sampling: 'fresh', outcome: 'reached', target_se: 0.01, complete: true })
      expect(row.standard_error).toBeLessThanOrEqual(0.01)
      // All of its trials together, from the same numbers.
      const own = (await trials(opened)).filter(({ layer }) => layer === row.layer)
      const images = trialImages(0, 200)
      const cell = new CellStatistics()
      for (const { trial, images: n } of own) {
        const seen = images.of(trial, n)
        cell.add(
          trial,
          seen,
          Float32Array.from(seen, (image) => madeUp(row.layer, trial, image))
        )
      }
      const summary = cell.summary()
      expect(row.criticality).toBeCloseTo(summary.mean, 7)
      expect(row.standard_error).toBeCloseTo(summary.standardError!, 7)
      expect(row).toMatchObject({
        trials: own.length,
        images: summary.images,
        observations: own.reduce((sum, trial) => sum + trial.images, 0)
      })
    }
    expect(run.progress.units).toBe((await trials(opened)).length)
    // All layers of a round in one call: no more calls than the layer of most rounds has.
    expect(opened.calls().measure.length).toBeLessThan(12)
    const [first] = opened.calls().measure
    expect(new Set(first!.tasks.map(({ unit }) => unit))).toEqual(new Set(LAYERS))
    expect(first).toMatchObject({ sampling: 'fresh', images: { count: 200 } })
  })

  it('that was interrupted anywhere ends with the same trials and numbers', async () => {
    const whole = await fakeStudy(entry())
    await measure(whole, TARGET)
    const [wholeCells, wholeTrials] = [await cells(whole), await trials(whole)]
    for (const dieAfter of [37, 150]) {
      const opened = await fakeStudy(entry(), { dieAfter })
      const { run } = await measure(opened, TARGET)
      expect(run.state, String(dieAfter)).toBe('done')
      expect(await cells(opened)).toEqual(wholeCells)
      expect(await trials(opened)).toEqual(wholeTrials)
    }
  })

  it('is not measured twice; a finer one goes on, a coarser one is there already', async () => {
    const opened = await fakeStudy(entry())
    await measure(opened, { ...TARGET, targetSe: 0.015 })
    const calls = opened.calls().measure.length
    const before = await trials(opened)
    const again = await measure(opened, { ...TARGET, targetSe: 0.015 })
    expect(again.run).toMatchObject({ state: 'done', progress: { units: 0, totalUnits: 0 } })
    const coarser = await measure(opened, { ...TARGET, targetSe: 0.05 })
    expect(coarser.run.state).toBe('done')
    expect(opened.engines.length).toBe(1)
    expect(opened.calls().measure.length).toBe(calls)
    expect((await cells(opened)).map(({ target_se, outcome }) => [target_se, outcome])).toEqual(
      LAYERS.map(() => [0.05, 'reached'])
    )
    await measure(opened, TARGET)
    const after = await trials(opened)
    expect(after.length).toBeGreaterThan(before.length)
    for (const row of await cells(opened)) {
      expect(row.outcome).toBe('reached')
      expect(row.standard_error).toBeLessThanOrEqual(0.01)
    }
    // Trials that had images enough are what they were.
    const same = before.filter((row) => after.some((other) => other.layer === row.layer && other.trial === row.trial && other.images === row.images)) // prettier-ignore
    for (const row of same) expect(after).toContainEqual(row)
  })

  it.each<[{ budget?: number; trials?: number }, string]>([
    [{ budget: 100 }, 'budget'],
    [{ trials: 20 }, 'trials']
  ])('that %j keeps from being reached says so', async (limit, outcome) => {
    const opened = await fakeStudy(entry())
    const { run } = await measure(opened, { ...TARGET, targetSe: 0.005, ...limit })
    expect(run.state).toBe('done')
    for (const row of await cells(opened)) {
      expect(row.outcome).toBe(outcome)
      expect(row.observations).toBeLessThanOrEqual(limit.budget ?? Infinity)
      expect(row.trials).toBeLessThanOrEqual(limit.trials ?? Infinity)
    }
  })

  it('of a layer whose trials all fail is given up, the others go on', async () => {
    const opened = await fakeStudy(entry(), { failAt: 'fc' })
    const { run } = await measure(opened, TARGET)
    expect(run.state).toBe('done')
    expect(new Set(run.failures.map(({ layer }) => layer))).toEqual(new Set(['fc']))
    expect((await cells(opened)).map(({ layer, outcome }) => [layer, outcome])).toEqual([
      ['conv1', 'reached'],
      ['layer1.0.conv2', 'reached']
    ])
  })

  it.each(['zero', `reinit:${golden('reinit_trial0.safetensors')}`])(
    'of %s, which has one trial, takes all images once',
    async (perturbation) => {
      const opened = await fakeStudy(entry())
      const { run } = await measure(opened, { ...TARGET, perturbation })
      expect(run.progress).toMatchObject({ units: 3, totalUnits: 3, open: false })
      for (const row of await cells(opened))
        expect(row).toMatchObject({
          sampling: 'same',
          trials: 1,
          images: 200,
          outcome: null,
          target_se: null
        })
    }
  )

  it('paused and resumed goes on where it was', async () => {
    const whole = await fakeStudy(entry())
    await measure(whole, TARGET)
    const opened = await fakeStudy(entry())
    const { client, study } = opened
    const start = () => client.measurement.start({ study, spec: spec(TARGET) })
    let paused = false
    const first = await measured(opened, start, async (event, run) => {
      if (paused || event.type !== 'run' || event.run.progress.units < 40) return
      paused = true
      await client.measurement.pause({ study, run })
    })
    expect(first.run.state).toBe('paused')
    const { run } = await measured(opened, async () => {
      await client.measurement.resume({ study, run: first.run.id })
      return first.run.id
    })
    expect(run.state).toBe('done')
    expect(await cells(opened)).toEqual(await cells(whole))
  })
})

describe('a plan with a target', () => {
  it('has least and most passes, and an expectation that measuring makes better', async () => {
    const opened = await fakeStudy(entry())
    const { client, study } = opened
    const plan = () => client.measurement.plan({ study, spec: spec(TARGET) })
    const blind = await plan()
    expect(blind).toMatchObject({ cells: 3, measured: 0, images: 200, seconds: null })
    // Three layers of 30,000 passes each, and as many of the unperturbed network.
    expect(blind.mostPasses).toBe(4 * 30_000)
    expect(blind.leastPasses).toBeLessThan(blind.passes)
    expect(blind.passes).toBeLessThan(blind.mostPasses)
    // Fixed trials of one layer tell what the spread is: the others are taken to be alike.
    await measure(opened, { layers: ['fc'], trials: 12, images: 100, batch: 32 })
    const informed = await plan()
    await measure(opened, TARGET)
    const taken = (await cells(opened)).filter(({ sampling }) => sampling === 'fresh')
    const observed = taken.reduce((sum, { observations }) => sum + observations, 0)
    const own = Math.max(...taken.map(({ observations }) => observations))
    expect(Math.abs(Math.log(informed.passes / (observed + own)))).toBeLessThan(Math.log(2))
    expect(informed.expectedError).toBeLessThanOrEqual(0.01)
    expect(await plan()).toMatchObject({ cells: 0, units: 0, passes: 0, leastPasses: 0, mostPasses: 0 })
  })
})
