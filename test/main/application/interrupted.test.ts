/** Runs that are killed, cancelled, paused, or left. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { StudyEvent } from '@shared/contract/study'
import { StudyStore } from '../../../src/main/store'
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
type Rows = Awaited<ReturnType<typeof rows>>

/** Does something once, as soon as a unit was measured. */
function afterFirstUnit(action: (run: number) => unknown): (event: StudyEvent, run: number) => unknown {
  let done = false
  return async (event, run) => {
    if (done || event.type !== 'run' || event.run.progress.units === 0) return
    done = true
    await action(run)
  }
}

/** A batch that shrank moves the last digits. */
function expectAlike(found: Rows, wanted: Rows): void {
  expect(found.length).toBe(wanted.length)
  found.forEach((row, i) => {
    for (const [column, value] of Object.entries(row)) {
      const other = wanted[i]![column as keyof typeof row]
      if (typeof value !== 'number' || typeof other !== 'number') expect(value, column).toEqual(other)
      else expect(Math.abs(value - other), `${row.layer} ${column}`).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(other)))
    }
  })
} // prettier-ignore

async function uninterrupted(): Promise<Rows> {
  const opened = await goldenStudy()
  const { run } = await measure(opened, WHOLE)
  expect(run).toMatchObject({ state: 'done', progress: { units: UNITS } })
  return rows(opened)
}

it.each([1, 7, 31])(
  'a killed engine, after %i units, is followed by another one: the numbers are the same',
  async (units) => {
    const opened = await goldenStudy()
    let killed = false
    const { run } = await measured(opened, start(opened), (event) => {
      if (killed || event.type !== 'run' || event.run.progress.units < units) return
      killed = true
      process.kill(opened.engines.at(-1)!, 'SIGKILL')
    })
    expect(run).toMatchObject({ state: 'done', failures: [], execution: { batch: WHOLE.batch / 2 } })
    expect(run.notes).toHaveLength(1)
    expect(run.notes[0]).toMatch(
      /"model", \S+, trial \d+ \(signal SIGKILL\)\. It goes on with 5 images at a time/
    )
    expect(opened.engines.length).toBe(2)
    expectAlike(await rows(opened), await uninterrupted())
  }
)

it('a killed application loses nothing that it had measured, and goes on with the same numbers', async () => {
  const dataFolder = temporaryFolder()
  const made = await goldenStudy({ dataFolder })
  await made.close()
  const { path, folder } = made
  const words = ['measure', path, '--device', 'cpu', '--threads', '1', '--layers', ...LAYERS]
  const flags = [
    '--trials',
    String(WHOLE.trials),
    '--images',
    String(WHOLE.images),
    '--batch',
    String(WHOLE.batch)
  ]
  const cli = spawn(process.execPath, [fileURLToPath(new URL('../../../bin/linchpin.js', import.meta.url)), ...words, ...flags], {
    env: { ...process.env, LINCHPIN_DATA: dataFolder },
    stdio: 'ignore'
  }) // prettier-ignore
  const ended = once(cli, 'exit')
  const seen = StudyStore.open(path)
  const measuredSoFar = (): number => seen.cells.of(1).reduce((sum, { trials }) => sum + trials, 0)
  for await (const _ of watch(folder)) {
    if (measuredSoFar() === 0) continue
    cli.kill('SIGKILL')
    break
  }
  expect(await ended).toEqual([null, 'SIGKILL'])
  const kept = seen.measurements.trials(1).length
  seen.close()
  expect(kept).toBeGreaterThan(0)
  const station = workstation({ dataFolder, kind: 'web' })
  const { id } = await station.client.studies.open({ path })
  const opened = { ...station, study: id, path, folder }
  const { run } = await measured(opened, async () => 1)
  expect(run).toMatchObject({ state: 'done', failures: [], notes: [], execution: { batch: WHOLE.batch } })
  expect(run.progress.totalUnits).toBeLessThanOrEqual(UNITS - kept)
  expect(await rows(opened)).toEqual(await uninterrupted())
  expect(await opened.client.results.layers({ study: id })).toHaveLength(LAYERS.length)
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
