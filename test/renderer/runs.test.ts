import { describe, expect, it } from 'vitest'
import { current, doneText, fraction, inOrder, leftTexts, specText } from '../../src/renderer/state/runs'
import { perturbationWords } from '../../src/renderer/state/words'
import { measurementSpecSchema, type Progress, type Run } from '@shared/contract/measurement'
import { fakeRun } from './fake-study'

const withProgress = (run: Run, progress: Partial<Progress>): Run => ({
  ...run,
  progress: { ...run.progress, ...progress }
})

describe('the order of runs', () => {
  const queued = (id: number, place: number): Run => ({ ...fakeRun(id, 'queued', 0), place })
  const runs = [
    fakeRun(1, 'done', 1),
    fakeRun(2, 'paused', 0.5),
    queued(3, 1),
    queued(4, 0),
    fakeRun(5, 'running', 0.1),
    fakeRun(6, 'failed', 0.1)
  ]

  it('is that of the work: running, waiting by place, paused, then the latest that is over', () => {
    expect(inOrder(runs).map(({ id }) => id)).toEqual([5, 4, 3, 2, 6, 1])
  })

  it('tells which the status bar follows', () => {
    expect(current(runs)?.id).toBe(5)
    expect(current(runs.filter(({ state }) => state !== 'running'))?.id).toBe(4)
    expect(current([fakeRun(1, 'done', 1)])).toBeNull()
  })
})

describe('progress in words', () => {
  const run = withProgress(fakeRun(1, 'running', 0), {
    cells: 12,
    totalCells: 126,
    passes: 300,
    totalPasses: 1000,
    rate: 50,
    secondsLeft: 14
  })

  it('counts layers over all models, blocks where those are measured', () => {
    expect(doneText(run)).toBe('12 of 126 layers')
    const spec = measurementSpecSchema.parse({ unit: 'block' })
    expect(doneText({ ...run, spec })).toBe('12 of 126 blocks')
    // A run of an earlier version has no such count.
    expect(doneText(withProgress(run, { totalCells: 0, units: 3, totalUnits: 9 }))).toBe(
      '3 of 9 measurements'
    )
  })

  it('says throughput, time and passes left, and that more may be planned', () => {
    expect(leftTexts(run)).toEqual(['50 images/s', '14 s left', '700 passes left'])
    expect(leftTexts(withProgress(run, { open: true }))).toEqual([
      '50 images/s',
      '14 s left',
      '700 passes left',
      'so far planned'
    ])
    expect(leftTexts({ ...run, state: 'paused' })).toEqual(['700 passes left'])
    expect(leftTexts(withProgress(run, { rate: null, secondsLeft: null, totalPasses: 0 }))).toEqual([])
  })

  it('never leaves the scale, and is unknown before there is a plan', () => {
    expect(fraction(run)).toBe(0.3)
    expect(fraction(withProgress(run, { passes: 2000 }))).toBe(1)
    expect(fraction(withProgress(run, { totalPasses: 0 }))).toBeNull()
  })
})

describe('what a run measures, in words', () => {
  it('names protocol, unit and perturbation', () => {
    expect(specText(measurementSpecSchema.parse({}))).toBe('randomize, 3 trials, all images, seed 0')
    expect(specText(measurementSpecSchema.parse({ unit: 'block', perturbation: 'noise:0.1', seed: 7 }))).toBe(
      'noise of 0.1 σ, blocks, 3 trials, all images, seed 7'
    )
    expect(specText(measurementSpecSchema.parse({ targetSe: 0.005, images: 5000 }))).toBe(
      'randomize, adaptive, to 0.50 points, of 5,000 images, seed 0'
    )
  })

  it('has words for every perturbation, and keeps what it cannot read', () => {
    expect(perturbationWords('reinit:/models/base.pth')).toBe('from base.pth')
    expect(perturbationWords('interpolate:base.pth:0.5')).toBe('step of 0.5 towards base.pth')
    expect(perturbationWords('interpolate:random:0.25')).toBe('step of 0.25 towards fresh parameters')
    expect(perturbationWords('published')).toBe('published')
  })
})
