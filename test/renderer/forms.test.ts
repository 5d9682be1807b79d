import { describe, expect, it } from 'vitest'
import { measurementRows, rowsAsTsv, sortRows } from '../../src/renderer/elements/measurementRows'
import { attributeValue, editAttribute } from '../../src/renderer/state/attributes'
import { evaluationForm, evaluationRequest } from '../../src/renderer/state/evaluationForm'
import { bytes, duration, large, ordinal, percent, plural } from '../../src/renderer/state/format'
import { evaluationRequestSchema } from '@shared/contract/evaluation'
import { heatmapData } from '@shared/figures/heatmap/data'
import { fakeCell } from './fake-study'

describe('evaluationRequest', () => {
  it('is what the contract takes by default', () => {
    const form = { ...evaluationForm(null), path: ' /images ' }
    expect(evaluationRequest(form)).toEqual(evaluationRequestSchema.parse({ path: '/images' }))
  })

  it('is nothing without a path', () => {
    expect(evaluationRequest(evaluationForm(null))).toBeNull()
  })
})

describe('attributes', () => {
  it('are numbers where the text is one', () => {
    expect(attributeValue(' 76.1 % ')).toBe(76.1)
    expect(attributeValue('0.761')).toBe(0.761)
    expect(attributeValue('l2')).toBe('l2')
  })

  it('lose one that is emptied and keep the others', () => {
    expect(editAttribute({ accuracy: 1, epochs: 90 }, 'accuracy', ' ')).toEqual({ epochs: 90 })
    expect(editAttribute({ epochs: 90 }, 'accuracy', '0.5')).toEqual({ epochs: 90, accuracy: 0.5 })
  })
})

describe('numbers', () => {
  it('have their units', () => {
    expect(percent(0.12345)).toBe('12.3 %')
    expect(percent(null)).toBe('–')
    expect(plural(1, 'layer')).toBe('1 layer')
    expect(plural(10000, 'image')).toBe('10,000 images')
    expect([1, 2, 3, 4, 11, 22].map(ordinal)).toEqual(['1st', '2nd', '3rd', '4th', '11th', '22nd'])
    expect(large(25_557_032)).toBe('25.6 M')
    expect(bytes(1_234_567)).toBe('1.23 MB')
    expect(duration(45.4)).toBe('45 s')
    expect(duration(12_000)).toBe('3 h 20 min')
  })
})

describe('the table', () => {
  const layers = ['conv1', 'conv2', 'fc'].map((name) => ({ name, kind: 'conv', stage: null }))
  const models = [{ id: 'a', name: 'Model a', category: 'baseline', accuracy: null, layers }]
  const means: Readonly<Record<string, number>> = { conv1: 0.1234567890123456, fc: 0.9 }
  const rows = measurementRows(
    heatmapData(models, layers, (_, layer) => {
      const mean = means[layer]
      return mean === undefined ? undefined : fakeCell(layer, mean, 2)
    })
  )

  it('sorts by value, unmeasured as the least', () => {
    const sorted = sortRows(rows, { key: 'criticality', descending: true })
    expect(sorted.map(({ layer }) => layer)).toEqual(['fc', 'conv1', 'conv2'])
  })

  it('copies full precision, empty where nothing is measured', () => {
    const [, first, second] = rowsAsTsv(rows).split('\n')
    expect(first?.split('\t').slice(0, 6)).toEqual([
      'a',
      'Model a',
      'baseline',
      'conv1',
      'conv',
      '0.1234567890123456'
    ])
    expect(second?.split('\t')[5]).toBe('')
  })
})
