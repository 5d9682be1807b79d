/** Runs that are killed, cancelled, paused, or left. */
import { describe, expect, it } from 'vitest'
import type { StudyEvent } from '@shared/contract/study'
import { temporaryFolder } from '../../support/folder'
import {
  goldenStudy,
  measure,
  measured,
  spec,
  workstation,
  type OpenedStudy
} from '../../support/workstation'

const LAYERS = ['conv1', 'layer1.0.conv2', 'layer2.0.conv3', 'layer4.0.conv2', 'fc']
const WHOLE = { layers: LAYERS, trials: 12, images: 100, batch: 10 }
const UNITS = LAYERS.length * WHOLE.trials

const start = (opened: OpenedStudy) => () =>
  opened.client.measurement.start({ study: opened.study, spec: spec(WHOLE) })

const rows = ({ client, study }: OpenedStudy) => client.results.trials({ study })

/** Does something once, as soon as a unit was measured. */
function afterFirstUnit(action: (run: number) => unknown): (event: StudyEvent, run: number) => unknown {
  let done = false
  return async (event, run) => {
    if (done || event.type !== 'run' || event.run.progress.units === 0) return
    done = true
    await action(run)
  }
}

async function uninterrupted(): Promise<Awaited<ReturnType<typeof rows>>> {
  const opened = await goldenStudy()
  const { run } = await measure(opened, WHOLE)
  expect(run).toMatchObject({ state: 'done', progress: { units: UNITS } })
  return rows(opened)
}

it('a killed engine fails the run and says where it was; the rest is measured later, with the same numbers', async () => {
  const opened = await goldenStudy()
  const killed = await measured(
    opened,
    start(opened),
    afterFirstUnit(() => process.kill(opened.engines.at(-1)!, 'SIGKILL'))
  )
  expect(killed.run.state).toBe('failed')
  expect(killed.run.failures).toMatchObject([
    { model: 'model', layer: null, problem: { code: 'ENGINE_DIED' } }
  ])
  const { problem } = killed.run.failures[0]!
  expect(problem.message).toMatch(/"model", layer \S+, trial \d+ \(signal SIGKILL\)/)
  expect(problem.fix).toContain('kept')
  const kept = await rows(opened)
  expect(kept.length).toBeGreaterThan(0)
  expect(kept.length).toBeLessThan(UNITS)

  const { run } = await measured(opened, start(opened))
  expect(run).toMatchObject({ state: 'done', failures: [] })
  expect(run.progress).toMatchObject({ units: UNITS - kept.length, totalUnits: UNITS - kept.length })
  expect(opened.engines.length).toBe(2)
  expect(await rows(opened)).toEqual(await uninterrupted())
})

it('a cancelled run keeps what it measured', async () => {
  const opened = await goldenStudy()
  const { run } = await measured(
    opened,
    start(opened),
    afterFirstUnit((id) => opened.client.measurement.cancel({ study: opened.study, run: id }))
  )
  expect(run).toMatchObject({ state: 'cancelled', failures: [] })
  expect(run.finishedAt).not.toBeNull()
  const kept = await rows(opened)
  expect(kept.length).toBeGreaterThan(0)
  expect(kept.length).toBeLessThan(UNITS)
  const plan = await opened.client.measurement.plan({ study: opened.study, spec: spec(WHOLE) })
  expect(plan).toMatchObject({ units: UNITS - kept.length, measured: kept.length })
})

it('a paused run goes on where it was', async () => {
  const opened = await goldenStudy()
  const { client, study } = opened
  const paused = await measured(
    opened,
    start(opened),
    afterFirstUnit((run) => client.measurement.pause({ study, run }))
  )
  expect(paused.run).toMatchObject({ state: 'paused', finishedAt: null })
  const kept = await rows(opened)
  expect(kept.length).toBeLessThan(UNITS)
  const { run } = await measured(opened, async () => {
    await client.measurement.resume({ study, run: paused.run.id })
    return paused.run.id
  })
  expect(run).toMatchObject({ state: 'done', id: paused.run.id })
  const after = await rows(opened)
  expect(after.length).toBe(UNITS)
  // Those that were measured before are the same rows.
  for (const row of kept) expect(after).toContainEqual(row)
})

it('a paused run can be cancelled, and a run that is not there is named', async () => {
  const opened = await goldenStudy()
  const { client, study } = opened
  const { run } = await measured(
    opened,
    start(opened),
    afterFirstUnit((id) => client.measurement.pause({ study, run: id }))
  )
  const cancelled = await measured(opened, async () => {
    await client.measurement.cancel({ study, run: run.id })
    return run.id
  })
  expect(cancelled.run.state).toBe('cancelled')
  await expect(client.measurement.cancel({ study, run: 77 })).rejects.toMatchObject({ code: 'RUN_UNKNOWN' })
})

it('runs are worked on one after the other', async () => {
  const opened = await goldenStudy()
  const first = await opened.client.measurement.start({ study: opened.study, spec: spec(WHOLE) })
  const { run, events } = await measured(opened, () =>
    opened.client.measurement.start({ study: opened.study, spec: spec({ ...WHOLE, trials: 13 }) })
  )
  expect(run.state).toBe('done')
  // The first run has measured all but the last trials by the time the second begins.
  expect(run.progress).toMatchObject({ units: LAYERS.length, totalUnits: LAYERS.length })
  const states = events.flatMap((event) =>
    event.type === 'run' ? [`${event.run.id} ${event.run.state}`] : []
  )
  expect(states.indexOf(`${first.id} done`)).toBeGreaterThanOrEqual(0)
  expect(states.indexOf(`${run.id} running`)).toBeGreaterThan(states.indexOf(`${first.id} done`))
})

describe('an application that is closed in the middle of a run', () => {
  async function left(): Promise<{ path: string; dataFolder: string; kept: number }> {
    const dataFolder = temporaryFolder()
    const opened = await goldenStudy({ dataFolder })
    const reached = Promise.withResolvers<undefined>()
    const working = measured(
      opened,
      start(opened),
      afterFirstUnit(() => reached.resolve(undefined))
    )
    working.catch(() => undefined)
    await reached.promise
    const kept = (await rows(opened)).length
    await opened.close()
    return { path: opened.path, dataFolder, kept }
  }

  it('goes on when a workstation opens the study again', async () => {
    const { path, dataFolder, kept } = await left()
    const station = workstation({ dataFolder, kind: 'web' })
    const { id } = await station.client.studies.open({ path })
    const { run } = await measured({ ...station, study: id, path, folder: '' }, async () => 1)
    expect(run).toMatchObject({ state: 'done', failures: [] })
    expect(run.progress.totalUnits).toBeLessThanOrEqual(UNITS - kept)
    expect((await station.client.results.trials({ study: id })).length).toBe(UNITS)
  })

  it('stays as it is when the command line opens the study', async () => {
    const { path, dataFolder } = await left()
    const station = workstation({ dataFolder })
    const { id } = await station.client.studies.open({ path })
    expect(station.app.queue.runs(station.app.studies.get(id))).toMatchObject([{ state: 'queued' }])
    expect(station.engines).toEqual([])
  })
})
