/** The order of runs. Engines are fake: the first run waits in the middle of its work. */
import { describe, expect, it } from 'vitest'
import type { Run } from '@shared/contract/measurement'
import { temporaryFolder } from '../../../support/folder'
import { bundledFakeEngine, fakeStudy, type FakeStudy } from '../../../support/fake-engines'
import { measured, spec, workstation } from '../../../support/workstation'

const entry = bundledFakeEngine()

const one = (seed: number) => spec({ layers: ['fc'], trials: 1, images: 10, seed, batch: 8 })

/** A run that waits for its engine, and three that wait for it. */
async function four(options: { readonly dataFolder?: string } = {}): Promise<FakeStudy> {
  const opened = await fakeStudy(entry(), { waitAfter: 1 }, options)
  const { client, study } = opened
  const first = spec({ layers: ['fc', 'conv1'], trials: 1, images: 10, batch: 8 })
  const begun = Promise.withResolvers<undefined>()
  const watching = new AbortController()
  const stream = await client.studies.watch({ study }, { signal: watching.signal })
  await stream.next()
  await client.measurement.start({ study, spec: first })
  for (const seed of [1, 2, 3]) await client.measurement.start({ study, spec: one(seed) })
  for await (const event of stream) {
    if (event.type === 'run' && event.run.id === 1 && event.run.progress.units === 1) break
  }
  watching.abort()
  begun.resolve(undefined)
  return opened
}

const runs = (opened: FakeStudy): Run[] => opened.app.queue.runs(opened.app.studies.get(opened.study))
const places = (opened: FakeStudy) => runs(opened).map(({ id, state, place }) => [id, state, place])

describe('runs that wait', () => {
  it('know how many go before them', async () => {
    const opened = await four()
    expect(places(opened)).toEqual([
      [1, 'running', null],
      [2, 'queued', 1],
      [3, 'queued', 2],
      [4, 'queued', 3]
    ])
    const { client, study } = opened
    await client.measurement.cancel({ study, run: 3 })
    expect(places(opened)).toEqual([
      [1, 'running', null],
      [2, 'queued', 1],
      [3, 'cancelled', null],
      [4, 'queued', 2]
    ])
    await client.measurement.resume({ study, run: 3 })
    expect(places(opened)).toMatchObject([{}, {}, [3, 'queued', 3], [4, 'queued', 2]])
  })

  it('can be moved, the one that is worked on cannot', async () => {
    const opened = await four()
    const { client, study } = opened
    const move = (run: number, place: number) => client.measurement.move({ study, run, place })
    const order = () =>
      runs(opened)
        .filter(({ place }) => place !== null)
        .sort((a, b) => a.place! - b.place!)
        .map(({ id }) => id)
    await move(4, 0)
    expect(order()).toEqual([4, 2, 3])
    await move(4, 1)
    expect(order()).toEqual([2, 4, 3])
    await move(2, 99)
    expect(order()).toEqual([4, 3, 2])
    await move(1, 2)
    expect(order()).toEqual([4, 3, 2])
    expect(places(opened)[0]).toEqual([1, 'running', null])
    await expect(move(77, 0)).rejects.toMatchObject({ code: 'RUN_UNKNOWN' })
  })

  it('are worked on in their order', async () => {
    const opened = await four()
    const { client, study } = opened
    await client.measurement.move({ study, run: 4, place: 0 })
    const { events } = await measured(opened, async () => {
      process.kill(opened.engines.at(-1)!, 'SIGKILL')
      return 3
    })
    const done = events.flatMap((event) =>
      event.type === 'run' && event.run.state === 'done' ? [event.run.id] : []
    )
    expect(done).toEqual([1, 4, 2, 3])
  })

  it('keep their order over a restart', async () => {
    const dataFolder = temporaryFolder()
    const opened = await four({ dataFolder })
    await opened.client.measurement.move({ study: opened.study, run: 4, place: 0 })
    await opened.close()
    const station = workstation({ dataFolder, kind: 'web' })
    const { id } = await station.client.studies.open({ path: opened.path })
    const { events } = await measured({ ...station, study: id, path: opened.path, folder: '' }, async () => 3)
    const done = events.flatMap((event) =>
      event.type === 'run' && event.run.state === 'done' ? [event.run.id] : []
    )
    expect(done).toEqual([1, 4, 2, 3])
  })
})
