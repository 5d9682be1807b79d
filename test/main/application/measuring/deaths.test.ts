/** Engines that end in the middle of their work: real processes of a fake engine. */
import { expect, it } from 'vitest'
import { bundledFakeEngine, fakeStudy, type FakeStudy } from '../../../support/fake-engines'
import { golden } from '../../../support/golden'
import { measure } from '../../../support/workstation'

const entry = bundledFakeEngine()

const LAYERS = ['conv1', 'layer1.0.conv2', 'fc']
const WHOLE = { layers: LAYERS, trials: 3, images: 40, batch: 32 }
const UNITS = 9

const rows = ({ client, study }: FakeStudy) => client.results.trials({ study })
const cells = ({ client, study }: FakeStudy) => client.results.layers({ study })
const batches = (opened: FakeStudy) => opened.calls().measure.map(({ execution }) => execution.batch)

it('are followed by new ones with half the batch, and each is told with its place and signal', async () => {
  const whole = await fakeStudy(entry(), { piece: 15 })
  expect((await measure(whole, WHOLE)).run).toMatchObject({
    state: 'done',
    notes: [],
    progress: { units: UNITS }
  })
  // Three pieces a trial: each engine ends after four, with the next one begun.
  const opened = await fakeStudy(entry(), { piece: 15, dieAfter: 4 })
  const { run } = await measure(opened, WHOLE)
  expect(run).toMatchObject({ state: 'done', failures: [], progress: { units: UNITS, totalUnits: UNITS, cells: 3, totalCells: 3 } }) // prettier-ignore
  // 27 pieces by four.
  expect(batches(opened)).toEqual([32, 16, 8, 4, 2, 1, 1])
  expect(run.execution).toMatchObject({ batch: 1, threads: 1, provider: 'cpu', path: 'downstream' })
  expect(run.notes.length).toBe(6)
  expect(run.notes[0]).toMatch(
    /"model", layer1\.0\.conv2, trial 0 \(signal SIGKILL\)\. It goes on with 16 images at a time/
  )
  expect(run.notes[4]).toContain('one image at a time')
  // What an engine had measured is not asked of the next one.
  expect(opened.calls().measure[1]!.tasks.slice(0, 2)).toEqual([
    { unit: 'layer1.0.conv2', trial: 0, from: 15, to: 40 },
    { unit: 'fc', trial: 0, from: 0, to: 40 }
  ])
  expect(await rows(opened)).toEqual(await rows(whole))
  expect(await cells(opened)).toEqual(await cells(whole))
})

it('one after the other without a result end in a failure, and what was measured is kept', async () => {
  const opened = await fakeStudy(entry(), { dieAt: 'fc' })
  const { run } = await measure(opened, WHOLE)
  expect(run.state).toBe('failed')
  expect(run.failures).toMatchObject([{ model: 'model', layer: null, problem: { code: 'ENGINE_DIED' } }])
  expect(run.failures[0]!.problem.message).toContain('"model", fc, trial 0 (signal SIGKILL)')
  // The first brought results; four more did not.
  expect(batches(opened)).toEqual([32, 16, 8, 4, 2, 1])
  expect((await rows(opened)).map(({ layer, trial }) => [layer, trial])).toEqual([
    ['conv1', 0],
    ['layer1.0.conv2', 0]
  ])
})

it('at one image at a time are given up at once', async () => {
  const opened = await fakeStudy(entry(), { dieAbove: 0 })
  const { run } = await measure(opened, { ...WHOLE, batch: 2 })
  expect(run).toMatchObject({ state: 'failed', failures: [{ problem: { code: 'ENGINE_DIED' } }] })
  expect(run.failures[0]!.problem.message).toContain('the unperturbed network')
  expect(batches(opened)).toEqual([2, 1])
})

it.each([{ dieAbove: 8 }, { fullAbove: 8 }])(
  'for want of memory (%j) leave a batch that fits',
  async (fate) => {
    const opened = await fakeStudy(entry(), fate)
    const { run } = await measure(opened, WHOLE)
    expect(run).toMatchObject({ state: 'done', failures: [], execution: { batch: 8 } })
    expect(batches(opened)).toEqual([32, 16, 8])
    expect((await rows(opened)).length).toBe(UNITS)
  }
)

it('leave a model; the next one has an engine of its own', async () => {
  const models = [golden('model.safetensors'), golden('model_fp16.safetensors')]
  const opened = await fakeStudy(entry(), { dieAt: 'fc' }, { models })
  const { run } = await measure(opened, { ...WHOLE, batch: 1 })
  expect(run.failures.map(({ model }) => model)).toEqual(['model', 'model_fp16'])
  const measured = await rows(opened)
  expect(new Set(measured.map(({ model_id }) => model_id))).toEqual(new Set(['model', 'model_fp16']))
})

it('trials without a result are left out, and told once', async () => {
  const opened = await fakeStudy(entry(), { failAt: 'fc', piece: 15 })
  const { run } = await measure(opened, WHOLE)
  expect(run.state).toBe('done')
  expect(run.failures.map(({ layer, trial }) => [layer, trial])).toEqual([
    ['fc', 0],
    ['fc', 1],
    ['fc', 2]
  ])
  expect(run.progress).toMatchObject({ units: UNITS, totalUnits: UNITS })
  expect((await rows(opened)).length).toBe(6)
})
