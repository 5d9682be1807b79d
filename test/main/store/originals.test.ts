import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { StudyStore } from '../../../src/main/store'
import { temporaryFolder } from '../../support/folder'
import { configuration } from '../../support/study'

function study() {
  const store = StudyStore.open(join(temporaryFolder(), 'study.linchpin'), { create: { name: 'Study' } })
  onTestFinished(() => store.close())
  const accuracy = (images: number) => {
    const id = store.configurations.findOrAdd(configuration({ images }))
    return store.originals.accuracy(store.configurations.get(id)!)
  }
  return { store, accuracy }
}

it('the unperturbed network’s accuracy is that of the images that it has seen', () => {
  const { store, accuracy } = study()
  expect(accuracy(4)).toEqual({ images: 0, top1: null, top5: null, loss: null })
  store.originals.add(configuration(), {
    images: Uint32Array.of(6, 1, 3),
    ranks: Uint8Array.of(0, 4, 255),
    losses: Float32Array.of(0.5, 1, 6)
  })
  // Of the first four, images 1 and 3: one within the first five.
  expect(accuracy(4)).toEqual({ images: 2, top1: 0, top5: 0.5, loss: 3.5 })
  expect(accuracy(10)).toEqual({ images: 3, top1: 1 / 3, top5: 2 / 3, loss: 2.5 })
  store.originals.add(configuration(), {
    images: Uint32Array.of(0, 3),
    ranks: Uint8Array.of(0, 0),
    losses: Float32Array.of(0.25, 0.25)
  })
  expect(accuracy(4)).toEqual({ images: 3, top1: 2 / 3, top5: 1, loss: 0.5 })
})

it('without labels it is counted how many were seen', () => {
  const { store, accuracy } = study()
  store.originals.add(configuration(), { images: Uint32Array.of(0, 2), ranks: null, losses: null })
  expect(accuracy(4)).toEqual({ images: 2, top1: null, top5: null, loss: null })
})

it('is another one of another network, set, precision or provider, and the same of other perturbations', () => {
  const { store } = study()
  const seen = { images: Uint32Array.of(0), ranks: Uint8Array.of(0), losses: Float32Array.of(0) }
  store.originals.add(configuration(), seen)
  const count = (part: Parameters<typeof configuration>[0]): number => {
    const id = store.configurations.findOrAdd(configuration(part))
    return store.originals.accuracy(store.configurations.get(id)!).images
  }
  expect(count({ perturbation: 'zero', seed: 9, unit: 'block', sampling: 'fresh', images: 7 })).toBe(1)
  expect(count({ modelHash: 'other' })).toBe(0)
  expect(count({ treatment: 'other' })).toBe(0)
  expect(count({ evaluation: 'other' })).toBe(0)
  expect(count({ preparation: 'other' })).toBe(0)
  expect(count({ precision: 'float16' })).toBe(0)
  expect(count({ provider: 'webgpu' })).toBe(0)
})
