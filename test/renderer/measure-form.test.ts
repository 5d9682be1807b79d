import { describe, expect, it } from 'vitest'
import { measureForm, measurementSpec, type MeasureForm } from '../../src/renderer/state/measure/form'
import { passesText, precisionText, workText } from '../../src/renderer/state/measure/planText'
import { PERTURBATIONS } from '../../src/renderer/state/measure/perturbation'
import { unitChoices } from '../../src/renderer/state/measure/units'
import { numberProblem } from '../../src/renderer/state/numbers'
import { measurementSpecSchema, type Plan } from '@shared/contract/measurement'
import type { LayerInfo } from '@shared/contract/model'
import { parsePerturbation } from '@shared/perturbation-text'
import { fakeLayers } from './fake-study'

const specOf = (part: Partial<MeasureForm>, ticked: readonly string[] = [], available = 1000) =>
  measurementSpec({ ...measureForm(), ...part }, { ticked, available })

describe('measurementSpec', () => {
  it('is what the contract takes by default', () => {
    expect(specOf({})).toEqual(measurementSpecSchema.parse({}))
  })

  it('is one that the contract takes, whatever the perturbation', () => {
    for (const perturbation of PERTURBATIONS) {
      const spec = specOf({ perturbation, file: '/models/base:1.pth' })
      expect(measurementSpecSchema.parse(spec)).toEqual(spec)
      expect(() => parsePerturbation(spec?.perturbation ?? '')).not.toThrow()
    }
  })

  it('splits patterns, names the ticked models, and gives zero one trial', () => {
    const form = { which: 'ticked', layers: 'layer1.*, fc', perturbation: 'zero', protocol: 'own' } as const
    const spec = specOf({ ...form, trials: '9' }, ['a'])
    expect(spec).toMatchObject({ models: ['a'], layers: ['layer1.*', 'fc'], perturbation: 'zero', trials: 1 })
  })

  it('writes perturbations with what belongs to them', () => {
    expect(specOf({ perturbation: 'noise', noise: ' .10 ' })?.perturbation).toBe('noise:0.1')
    expect(specOf({ perturbation: 'interpolate-random', alpha: '1' })?.perturbation).toBe(
      'interpolate:random:1'
    )
    const towards = { perturbation: 'interpolate-file', alpha: '0.25' } as const
    expect(specOf({ ...towards, file: ' base.pth ' })?.perturbation).toBe('interpolate:base.pth:0.25')
    // A file of that name is not the word for fresh parameters.
    expect(parsePerturbation(specOf({ ...towards, file: 'random' })?.perturbation ?? '')).toEqual({
      kind: 'interpolate',
      path: './random',
      alpha: 0.25
    })
  })

  it('takes 10,000 images by the paper, 256 by the quick protocol, and all where there are no more', () => {
    const numbers = (protocol: MeasureForm['protocol'], available: number) => {
      const { trials, images } = specOf({ protocol }, [], available) ?? {}
      return [trials, images]
    }
    expect(numbers('paper', 50_000)).toEqual([3, 10_000])
    expect(numbers('paper', 9_999)).toEqual([3, undefined])
    expect(numbers('quick', 257)).toEqual([3, 256])
    expect(numbers('quick', 256)).toEqual([3, undefined])
  })

  it('takes the target in points, with its bounds', () => {
    const form = {
      protocol: 'adaptive',
      target: '0.5',
      mostTrials: '50',
      budget: '2000',
      pool: '300'
    } as const
    expect(specOf(form)).toMatchObject({ targetSe: 0.005, trials: 50, budget: 2000, images: 300 })
    expect(specOf({ ...form, target: '0' })).toBeNull()
    expect(specOf({ ...form, budget: '99' })).toBeNull()
  })

  it('has no target where nothing is drawn', () => {
    const spec = specOf({ protocol: 'adaptive', perturbation: 'reinit', file: 'a.pth' })
    expect(spec).toMatchObject({ trials: 1 })
    expect(spec?.targetSe).toBeUndefined()
  })

  it('is nothing while a value is out of bounds or missing', () => {
    expect(specOf({ protocol: 'own', trials: '0' })).toBeNull()
    expect(specOf({ protocol: 'own', images: '1.5' })).toBeNull()
    expect(specOf({ kinds: [] })).toBeNull()
    expect(specOf({ which: 'ticked' })).toBeNull()
    expect(specOf({ perturbation: 'reinit' })).toBeNull()
    expect(specOf({ perturbation: 'interpolate-file' })).toBeNull()
    expect(specOf({ perturbation: 'interpolate-random', alpha: '1.01' })).toBeNull()
    expect(specOf({ perturbation: 'noise', noise: '-1' })).toBeNull()
    expect(specOf({ seed: '' })).toBeNull()
  })

  it('minds no number of a protocol that is not chosen', () => {
    expect(specOf({ protocol: 'paper', trials: 'x', target: 'x', noise: 'x' })).not.toBeNull()
  })
})

describe('numberProblem', () => {
  it('names the bounds', () => {
    expect(numberProblem('0', { min: 1, max: 10_000 })).toBe('A whole number from 1 to 10,000.')
    expect(numberProblem('2', { min: 0, max: 1, decimal: true })).toBe('A number from 0 to 1.')
    expect(numberProblem('0.5', { min: 0, max: 1, decimal: true })).toBeNull()
    expect(numberProblem(' ', { min: 1, max: 2, optional: true })).toBeNull()
  })
})

describe('unitChoices', () => {
  const resnet = { layers: fakeLayers([1, 1, 1, 1], 2) }
  const flat = resnet.layers.map((layer): LayerInfo => ({ ...layer, stage: null, block: null }))
  const qkv: LayerInfo = {
    ...(resnet.layers[0] as LayerInfo),
    name: 'blocks.0.attn.qkv',
    kind: 'linear',
    shape: [192, 64],
    stage: null,
    block: 'blocks.0'
  }
  const absent = (models: { layers: LayerInfo[] }[]) =>
    unitChoices(models)
      .filter((choice) => choice.absent !== null)
      .map(({ unit }) => unit)

  it('leaves out what no model has', () => {
    expect(absent([resnet])).toEqual(['part'])
    expect(absent([{ layers: flat }])).toEqual(['part', 'block', 'stage'])
    expect(absent([{ layers: [...flat, qkv] }])).toEqual(['stage'])
    expect(absent([resnet, { layers: [qkv] }])).toEqual([])
  })

  it('says how many models have what some lack', () => {
    const stage = unitChoices([resnet, { layers: flat }]).find(({ unit }) => unit === 'stage')
    expect(stage?.some).toBe('1 of 2 chosen models have them.')
  })
})

describe('a plan in words', () => {
  const plan: Plan = {
    models: 2,
    layers: 21,
    units: 126,
    measured: 0,
    images: 256,
    cells: 42,
    passes: 32_256,
    leastPasses: 32_256,
    mostPasses: 32_256,
    expectedError: null,
    imagesPerSecond: null,
    seconds: null
  }
  const spec = measurementSpecSchema.parse({})
  const adaptive = measurementSpecSchema.parse({ targetSe: 0.01, unit: 'block' })

  it('says how much', () => {
    expect(workText(plan, spec)).toBe('21 layers × 3 trials × 2 models')
    expect(workText(plan, adaptive)).toBe('21 blocks × 2 models')
    expect(passesText(plan)).toBe('32,256 forward passes')
    expect(passesText({ ...plan, leastPasses: 100, mostPasses: 90_000 })).toBe(
      '100 to 90,000 forward passes, about 32,256 expected'
    )
  })

  it('says how precise', () => {
    expect(precisionText({ ...plan, expectedError: 0.0123 }, spec)).toContain('1.23 points for each layer')
    expect(precisionText(plan, adaptive)).toContain('1.00 points for each block')
  })
})
