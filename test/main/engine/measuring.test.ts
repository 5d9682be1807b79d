/** Measuring in pieces: resumed, cancelled, with images of each trial's own, with trials that fail. */
import { describe, expect, it } from 'vitest'
import type { EngineEvent, MeasureRequest } from '@shared/contract/engine'
import { Measurer } from '../../../src/main/engine/measuring/measure'
import { trialImages } from '../../../src/main/perturbations'
import { goldenRequest } from '../../support/golden'
import { floats, measureAll, tasksFor, type Measured } from '../../support/measure'

const IMAGES = 200
const UNITS = ['layer1.0.conv2', 'layer3.0.conv1', 'fc']
const perturbation = { kind: 'randomize', scheme: 'timm-resnet' } as const

const request = (part: Partial<MeasureRequest>): MeasureRequest =>
  goldenRequest({ perturbation, execution: { batch: 16, threads: 1 }, ...part })

/** Distances by unit, trial and place of the sequence. */
function distances({ pieces }: Measured): Map<string, number> {
  return new Map(
    pieces.flatMap(({ unit, trial, from, distances: text }) =>
      [...floats(text)].map((value, i) => [`${unit} ${String(trial)} ${String(from + i)}`, value] as const)
    )
  )
}

it('in two halves gives the numbers of the whole, bit for bit where batches are the same', async () => {
  const whole = distances(await measureAll(request({ tasks: tasksFor(UNITS, [0, 1], IMAGES) })))
  const halves = await Promise.all(
    [[0, 96] as const, [96, IMAGES] as const].map(async ([from, to]) =>
      distances(
        await measureAll(request({ tasks: tasksFor(UNITS, [0, 1], to).map((task) => ({ ...task, from })) }))
      )
    )
  )
  expect(new Map(halves.flatMap((half) => [...half]))).toEqual(whole)
})

it('with images of each trial’s own: those that seed and trial name, whatever the unit', async () => {
  const same = distances(await measureAll(request({ tasks: tasksFor(UNITS, [3, 4], IMAGES) })))
  const counts = { 'layer1.0.conv2': 12, 'layer3.0.conv1': 3, fc: 24 }
  const tasks = UNITS.flatMap((unit) =>
    [3, 4].map((trial) => ({ unit, trial, from: 0, to: counts[unit as keyof typeof counts] }))
  )
  const fresh = await measureAll(request({ sampling: 'fresh', tasks }))
  const order = trialImages(0, IMAGES)
  const found = distances(fresh)
  expect(found.size).toBe(2 * (12 + 3 + 24))
  for (const { unit, trial, to } of tasks) {
    const images = order.of(trial, to)
    images.forEach((image, place) => {
      const value = found.get(`${unit} ${String(trial)} ${String(place)}`)
      expect(Math.abs(value! - same.get(`${unit} ${String(trial)} ${String(image)}`)!)).toBeLessThan(1e-5)
    })
  }
  // The unperturbed network saw each of them, and no other.
  const seen = fresh.events.flatMap((event) =>
    event.type === 'original'
      ? [...new Uint32Array(new Uint8Array(Buffer.from(event.images, 'base64')).buffer)]
      : []
  )
  expect(new Set(seen)).toEqual(new Set([3, 4].flatMap((trial) => [...order.of(trial, 24)])))
})

it('stops soon after it is cancelled, and can go on with the same network', async () => {
  const measurer = new Measurer()
  const controller = new AbortController()
  const events: EngineEvent[] = []
  const run = async (): Promise<void> => {
    const tasks = tasksFor(UNITS, [0, 1, 2, 3], IMAGES)
    for await (const event of measurer.measure(request({ tasks }), controller.signal)) {
      events.push(event)
      if (event.type === 'piece') controller.abort()
    }
  }
  await expect(run()).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(events.filter(({ type }) => type === 'piece').length).toBe(1)
  const { pieces } = await measureAll(request({ tasks: tasksFor(UNITS, [0], IMAGES) }), measurer)
  expect(pieces.length).toBe(3)
})

it('a trial without a result is told with its reason; the others go on', async () => {
  // Noise of this size makes float32 overflow.
  const { pieces, failures } = await measureAll(
    request({ perturbation: { kind: 'noise', scale: 1e38 }, tasks: tasksFor(['conv1', 'fc'], [0], IMAGES) })
  )
  expect([...pieces, ...failures].map(({ unit }) => unit).sort()).toEqual(['conv1', 'fc'])
  expect(failures.length).toBeGreaterThan(0)
  for (const { problem } of failures) expect(problem.code).toBe('OUTPUT_NOT_FINITE')
})

describe('refuses', () => {
  it('units that are not there', async () => {
    const run = measureAll(request({ tasks: tasksFor(['layer9'], [0], IMAGES) }))
    await expect(run).rejects.toMatchObject({ code: 'LAYER_UNKNOWN' })
  })

  it('labels that the model has no class for', async () => {
    const labels = Array.from({ length: IMAGES }, () => 10)
    const run = measureAll(request({ labels, tasks: tasksFor(['fc'], [0], IMAGES) }))
    await expect(run).rejects.toMatchObject({ code: 'LABELS_INVALID' })
  })
})

it('reports work in full passes: as much as upstream and the units’ shares are', async () => {
  const { events } = await measureAll(request({ tasks: tasksFor(['conv1', 'fc'], [0, 1], IMAGES) }))
  const progress = events.filter((event) => event.type === 'progress')
  const images = progress.reduce((sum, event) => sum + event.images, 0)
  const work = progress.reduce((sum, event) => sum + event.work, 0)
  expect(images).toBe(IMAGES * 5)
  // Two passes upstream; all of the network for its first layer, nearly nothing for its last.
  expect(work / IMAGES).toBeGreaterThan(4)
  expect(work / IMAGES).toBeLessThan(4.01)
})
