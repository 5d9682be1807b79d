import { describe, expect, it } from 'vitest'
import {
  adviceText,
  componentText,
  designText,
  intervalText,
  outcomeText,
  stateText,
  varianceShares
} from '../../src/renderer/state/precision'
import { seriesLabel } from '../../src/renderer/state/series'
import { fakeCell, SERIES } from './fake-study'

const NOTHING = { trial: null, image: null, rest: null, within: null }
const cell = (trials: number, images: number, part: Parameters<typeof fakeCell>[3] = {}) =>
  fakeCell('conv1', 0.5, trials, { images, observations: trials * images, ...part })

describe('varianceShares', () => {
  it('splits the variance of the mean where all trials see the same images', () => {
    // 0.04 / 4 = 0.01 of trials; 0.5 / 100 + 2 / 400 = 0.01 of images: half each.
    const components = { trial: 0.04, image: 0.5, rest: 2, within: 2.5 }
    const shares = varianceShares(cell(4, 100, { components }))
    expect(shares?.trials).toBeCloseTo(0.5, 12)
    expect(shares?.images).toBeCloseTo(0.5, 12)
  })

  it('takes what is known within trials where images and rest cannot be told apart', () => {
    // 0.01 / 10 = 0.001; 0.3 / 100 = 0.003.
    const components = { ...NOTHING, trial: 0.01, within: 0.3 }
    expect(varianceShares(cell(10, 100, { components, observations: 100 }))?.images).toBeCloseTo(0.75, 12)
  })

  it('is unknown with one trial', () => {
    expect(varianceShares(cell(1, 256))).toBeNull()
  })
})

describe('what would help', () => {
  const of = (trial: number, image: number) =>
    adviceText(cell(10, 100, { components: { trial, image, rest: 0, within: image } }), true)

  it('is more trials or more images, whichever leaves more open', () => {
    expect(of(0.1, 0.1)).toMatch(/^More trials help: 91 %/)
    expect(of(0.0001, 0.1)).toMatch(/^More images help: 99 %/)
    expect(of(0, 0)).toBe('Trials and images all agree.')
  })

  it('is more trials where the spread between them is unknown, unless nothing is drawn', () => {
    expect(adviceText(cell(1, 256), true)).toContain('more trials tell')
    expect(adviceText(cell(1, 256), false)).toContain('only more images help')
  })
})

describe('a cell in words', () => {
  it('says how it was measured', () => {
    expect(designText(cell(3, 256))).toBe('3 trials × 256 images')
    expect(designText(cell(1, 1))).toBe('1 trial × 1 image')
    expect(designText(cell(3, 200, { observations: 500 }))).toBe('3 trials × about 167 images')
  })

  it('has an interval in percent', () => {
    expect(intervalText(cell(3, 256, { interval: [0.121, 0.1425] }))).toBe('12.10 to 14.25 %')
    expect(intervalText(cell(1, 256))).toBeNull()
  })

  it('tells provisional ones, and those that stopped before their target', () => {
    expect(stateText(cell(3, 256))).toBe('')
    expect(stateText(cell(3, 256, { complete: false }))).toBe('provisional')
    expect(stateText(cell(3, 256, { targetSe: 0.01 }))).toBe('provisional')
    expect(stateText(cell(3, 256, { targetSe: 0.01, outcome: 'reached' }))).toBe('target reached')
    expect(stateText(cell(3, 256, { outcome: 'budget', complete: false }))).toBe('provisional, needs more')
  })

  it('says what came of the adaptive protocol', () => {
    expect(outcomeText(cell(3, 256))).toBeNull()
    expect(outcomeText(cell(3, 256, { targetSe: 0.01 }))).toContain('On its way')
    expect(outcomeText(cell(3, 256, { targetSe: 0.01, outcome: 'reached' }))).toBe(
      'The target of 1.00 points is reached.'
    )
    for (const outcome of ['budget', 'trials', 'images'] as const)
      expect(outcomeText(cell(3, 256, { targetSe: 0.01, outcome }))).toMatch(/^Needs more/)
  })

  it('gives components as standard deviations in points', () => {
    expect(componentText(0.0004)).toBe('2.00 points')
    expect(componentText(null)).toBe('not known yet')
  })
})

describe('seriesLabel', () => {
  it('tells series apart by unit, sampling and parameters, and by what differs', () => {
    expect(seriesLabel(SERIES, [SERIES])).toBe('randomize (timm-resnet), 256 images, seed 0')
    const other = {
      ...SERIES,
      unit: 'block',
      sampling: 'fresh',
      perturbation: 'noise:0.1',
      scheme: ''
    } as const
    expect(seriesLabel(other, [SERIES, other])).toBe(
      'noise of 0.1 σ, blocks, adaptive, from 256 images, seed 0'
    )
    const some = { ...SERIES, unit: 'stage', kinds: ['conv', 'linear'] } as const
    expect(seriesLabel({ ...some, kinds: [...some.kinds] }, [SERIES])).toContain('stages of conv, linear')
    const half = { ...SERIES, precision: 'float16' }
    expect(seriesLabel(half, [SERIES, half])).toContain('float16')
  })
})
