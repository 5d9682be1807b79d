import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { StudyEvent } from '@shared/contract/study'
import { golden } from '../../support/golden'
import { addModel, goldenStudy, measure, type OpenedStudy } from '../../support/workstation'

/** All events until one fulfils the condition. */
async function watchUntil(
  { client, study }: OpenedStudy,
  begin: () => Promise<unknown>,
  last: (event: StudyEvent) => boolean
): Promise<StudyEvent[]> {
  const watching = new AbortController()
  const events: StudyEvent[] = []
  const stream = await client.studies.watch({ study }, { signal: watching.signal })
  try {
    let begun: Promise<unknown> = Promise.resolve()
    for await (const event of stream) {
      if (events.length === 0) begun = begin()
      events.push(event)
      if (last(event)) break
    }
    await begun
    return events
  } finally {
    watching.abort()
  }
}

it('begins with a snapshot of the study as it is', async () => {
  const opened = await goldenStudy()
  await measure(opened, { perturbation: 'zero', layers: ['fc', 'conv1'], images: 10 })
  const [first] = await watchUntil(
    opened,
    async () => undefined,
    () => true
  )
  if (first?.type !== 'snapshot') throw new Error(`the first event is ${String(first?.type)}`)
  const { snapshot } = first
  expect(snapshot.info).toMatchObject({ id: opened.study, name: 'study', path: opened.path, sample: false })
  expect(snapshot.models.map(({ id }) => id)).toEqual(['model'])
  expect(snapshot.evaluation).toMatchObject({
    kind: 'array',
    count: 200,
    height: 32,
    width: 32,
    labelled: true
  })
  expect(snapshot.runs).toMatchObject([{ state: 'done' }])
  expect(snapshot.series).toMatchObject([{ perturbation: 'zero', images: 10, measurements: 2 }])
  expect(snapshot.cells).toMatchObject([{ series: snapshot.series[0]!.id, model: 'model' }])
  // In the network's order, not in that of measuring or of the alphabet.
  expect(snapshot.cells[0]!.cells.map(({ layer }) => layer)).toEqual(['conv1', 'fc'])
})

it('sends every change of models and images', async () => {
  const opened = await goldenStudy({ models: [] })
  const { client, study } = opened
  const events = await watchUntil(
    opened,
    async () => {
      await addModel(opened, golden('model.safetensors'), { name: 'A' })
      await client.models.update({ study, model: 'a', category: 'robust', attributes: { accuracy: 61.5 } })
      await client.models.remove({ study, model: 'a' })
    },
    (event) => event.type === 'models' && event.models.length === 0
  )
  expect(events[0]!.type).toBe('snapshot')
  const models = events.flatMap((event) => (event.type === 'models' ? [event.models] : []))
  expect(models.map((list) => list.map(({ category }) => category))).toEqual([
    ['uncategorised'],
    ['robust'],
    []
  ])
  expect(models[1]![0]).toMatchObject({ name: 'A', attributes: { accuracy: 61.5 } })
})

it('sends the states of a run in order, progress that grows, and the cells in the end', async () => {
  const opened = await goldenStudy()
  const { run, events } = await measure(opened, {
    layers: ['layer1*conv?'],
    trials: 4,
    images: 50,
    batch: 10
  })
  const runs = events.flatMap((event) => (event.type === 'run' ? [event.run] : []))
  const states = runs.map(({ state }) => state)
  expect([...new Set(states)]).toEqual(['queued', 'running', 'done'])
  expect(states).toEqual(
    states.toSorted(
      (a, b) => ['queued', 'running', 'done'].indexOf(a) - ['queued', 'running', 'done'].indexOf(b)
    )
  )
  const passes = runs.map(({ progress }) => progress.passes)
  expect(passes).toEqual(passes.toSorted((a, b) => a - b))
  // Three convolutions, four trials; and the unperturbed network once.
  expect(run.progress).toMatchObject({
    units: 12,
    totalUnits: 12,
    passes: 13 * 50,
    totalPasses: 13 * 50,
    layer: null
  })
  const last = events.findLast((event) => event.type === 'cells')
  expect(last?.type === 'cells' && last.cells.cells).toEqual(
    (await opened.client.results.layers({ study: opened.study })).map((row): unknown =>
      expect.objectContaining({
        layer: row.layer,
        mean: row.criticality,
        std: row.std,
        standardError: row.standard_error,
        observations: 200,
        complete: true,
        trials: 4,
        images: 50
      })
    )
  )
  const series = events.findLast((event) => event.type === 'series')
  expect(series).toMatchObject({ series: [{ perturbation: 'randomize', measurements: 12 }] })
})

it('reports a preparation that fails as ended, and keeps the set', async () => {
  const opened = await goldenStudy({ models: [] })
  const events = await watchUntil(
    opened,
    () =>
      opened.client.evaluation
        .set({
          study: opened.study,
          request: {
            path: join(opened.folder, 'none'),
            resize: 256,
            crop: 224,
            count: 10,
            seed: 0,
            stratified: false,
            all: true
          }
        })
        .then(
          () => {
            throw new Error('it did not fail')
          },
          () => undefined
        ),
    (event) => event.type === 'preparing' && event.ended
  )
  expect(events.some(({ type }) => type === 'evaluation')).toBe(false)
  const [snapshot] = await watchUntil(
    opened,
    async () => undefined,
    () => true
  )
  expect(snapshot).toMatchObject({ snapshot: { evaluation: { count: 200 } } })
})
