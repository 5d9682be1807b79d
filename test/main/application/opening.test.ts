/** Studies that are opened by several names, by several processes, or that cannot be opened or written. */
import { hostname } from 'node:os'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { StudyStore } from '../../../src/main/store'
import { temporaryFolder } from '../../support/folder'
import { golden } from '../../support/golden'
import { expectProblem } from '../../support/problems'
import { goldenStudy, spec, workstation } from '../../support/workstation'

const PROGRESS = {
  units: 0,
  totalUnits: 1,
  cells: 0,
  totalCells: 1,
  open: false,
  passes: 0,
  totalPasses: 1,
  rate: null,
  secondsLeft: null,
  model: null,
  layer: null,
  trial: null
}

/** The process that started this one: it lives at least as long. */
const livingProcess = (): string => `${hostname()}:${process.ppid}:${Date.now()}`

/** A study whose one run was left by a process. */
function left(owner: string): string {
  const path = join(temporaryFolder(), 'study.linchpin')
  const store = StudyStore.open(path, { create: { name: 'Left' } })
  const run = store.runs.add({
    spec: spec(),
    state: 'running',
    createdAt: '2026-01-01T00:00:00.000Z',
    finishedAt: null,
    progress: PROGRESS,
    failures: [],
    notes: [],
    place: null,
    execution: null
  })
  store.runs.own(run.id, owner)
  store.close()
  return path
}

it.skipIf(process.platform === 'win32')(
  'a study is one, whichever link led to it when it was made',
  async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'real'))
    symlinkSync(join(folder, 'real'), join(folder, 'link'))
    const { client } = workstation()
    const made = await client.studies.create({ name: 'x', path: join(folder, 'link', 'x.linchpin') })
    expect((await client.studies.open({ path: join(folder, 'real', 'x.linchpin') })).id).toBe(made.id)
  }
)

it('a study that cannot be written is opened for looking, also when a run was left in it', async () => {
  const path = left('elsewhere:1')
  mkdirSync(`${path}-wal`)
  const { client } = workstation({ kind: 'web' })
  expect((await client.studies.open({ path })).name).toBe('Left')
})

it('the latest study keeps nothing from starting when it cannot be opened', async () => {
  const dataFolder = temporaryFolder()
  const path = join(temporaryFolder(), 'study.linchpin')
  const before = workstation({ dataFolder })
  await before.client.studies.create({ name: 'x', path })
  await before.close()
  writeFileSync(path, 'no study')
  const { app } = workstation({ dataFolder, kind: 'web' })
  expect(await app.begin()).toBeNull()
  await expectProblem(() => app.begin(path), 'STUDY_INVALID', path)
})

describe('a run that another process was at', () => {
  it('is left to it while it lives', async () => {
    const { client } = workstation()
    const { id: study } = await client.studies.open({ path: left(livingProcess()) })
    for (const change of [
      client.measurement.pause,
      client.measurement.cancel,
      client.measurement.resume
    ] as const)
      await expectProblem(change({ study, run: 1 }), 'RUN_ELSEWHERE', String(process.ppid))
  })

  it('keeps others from measuring the same study', async () => {
    const opened = await goldenStudy()
    const run = await opened.client.measurement.start({ study: opened.study, spec: spec({ layers: ['fc'] }) })
    await opened.client.measurement.cancel({ study: opened.study, run: run.id })
    const { store } = opened.app.studies.get(opened.study)
    store.runs.add({ ...run, state: 'running' })
    store.runs.own(run.id + 1, livingProcess())
    const again = opened.client.measurement.start({ study: opened.study, spec: spec({ layers: ['conv1'] }) })
    await expectProblem(again, 'STUDY_BUSY', String(process.ppid))
    store.runs.own(run.id + 1, 'elsewhere:1')
    const { id } = await opened.client.measurement.start({
      study: opened.study,
      spec: spec({ layers: ['fc'] })
    })
    expect(id).toBe(run.id + 2)
    await opened.client.measurement.cancel({ study: opened.study, run: id })
  })

  it('is taken to be left when its number was given to a new process', async () => {
    const { app, client } = workstation({ kind: 'web' })
    const longAgo = `${hostname()}:${process.ppid}:${Date.now() - 3_600_000}`
    const { id: study } = await client.studies.open({ path: left(longAgo) })
    await client.measurement.cancel({ study, run: 1 })
    expect(app.studies.get(study).store.runs.get(1)?.state).not.toBe('running')
  })

  it('can be cancelled once it is gone', async () => {
    const { app, client } = workstation()
    const { id: study } = await client.studies.open({ path: left('elsewhere:1') })
    await client.measurement.cancel({ study, run: 1 })
    const [run] = app.queue.runs(app.studies.get(study))
    expect(run?.state).toBe('cancelled')
    expect(run?.finishedAt).not.toBeNull()
  })
})

it('two imports at once are two models, and of one file one', async () => {
  const { client, study } = await goldenStudy({ models: [] })
  const add = (path: string) => client.models.add({ study, models: [{ path, name: 'Same' }] })
  const outcomes = await Promise.all(
    [
      golden('model.safetensors'),
      golden('reinit_trial0.safetensors'),
      golden('reinit_trial0.safetensors')
    ].map(add)
  )
  const [first, ...others] = outcomes.flat()
  expect(outcomes.flat().map(({ problem }) => problem)).toEqual([null, null, null])
  expect(others.map(({ existing }) => existing).sort()).toEqual([false, true])
  expect(new Set([first?.model?.id, ...others.map(({ model }) => model?.id)]).size).toBe(2)
})
