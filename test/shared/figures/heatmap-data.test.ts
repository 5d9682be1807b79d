import { describe, expect, it } from 'vitest'
import {
  heatmapData,
  mergeLayers,
  orderModels,
  type HeatmapLayer,
  type HeatmapModel
} from '@shared/figures/heatmap/data'
import { measuredCell } from './cells'

const layer = (name: string): HeatmapLayer => ({
  name,
  kind: 'conv',
  stage: name.includes('.') ? (name.split('.')[0] ?? null) : null
})
const model = (id: string, category: string, layers: readonly string[]): HeatmapModel => ({
  id,
  name: id,
  category,
  accuracy: null,
  layers: layers.map(layer)
})

describe('mergeLayers', () => {
  it('keeps the order of the network and inserts what an earlier model lacks', () => {
    const merged = mergeLayers([
      model('a', 'x', ['conv1', 'layer1.0', 'layer2.0', 'fc']),
      model('b', 'x', ['conv1', 'layer1.0', 'layer1.1', 'layer2.0', 'fc'])
    ])
    expect(merged.map(({ name }) => name)).toEqual(['conv1', 'layer1.0', 'layer1.1', 'layer2.0', 'fc'])
  })
})

describe('orderModels', () => {
  const models = [model('m10', 'zoo', []), model('m2', 'zoo', []), model('m1', 'baseline', [])]
  const mean = ({ id }: HeatmapModel): number | null => ({ m1: 0.2, m2: 0.9 })[id] ?? null

  it('by category: baseline first, then by name with numbers as numbers', () => {
    expect(orderModels(models, 'category', mean).map(({ id }) => id)).toEqual(['m1', 'm2', 'm10'])
  })

  it('by mean: highest first, unmeasured last', () => {
    expect(orderModels(models, 'mean', mean).map(({ id }) => id)).toEqual(['m2', 'm1', 'm10'])
  })
})

describe('heatmapData', () => {
  const names = ['conv1', 'layer1.0', 'layer1.1', 'layer2.0', 'fc']
  const rows = [model('a', 'baseline', names), model('b', 'zoo', names), model('c', 'zoo', names.slice(0, 4))]
  const values: Readonly<Record<string, readonly (number | null)[]>> = {
    a: [1, 0.5, 0, null, 0.25],
    b: [0.5, 0.5, 0, null, 0.75],
    c: [0, null, 0, null]
  }
  const data = heatmapData(rows, names.map(layer), (id, name) => {
    const value = values[id]?.[names.indexOf(name)]
    return value == null ? undefined : measuredCell(value)
  })

  it('tells 0, not measured and no such layer apart', () => {
    expect(data.entries[2]).toEqual([measuredCell(0), null, measuredCell(0), null, undefined])
  })

  it('has mean and population standard deviation over the measured layers of a model', () => {
    // a: (1 + 0.5 + 0 + 0.25) / 4 = 0.4375; squares (0.3164 + 0.0039 + 0.1914 + 0.0352) / 4 = 0.13671875.
    expect(data.rowSummaries[0]?.mean).toBeCloseTo(0.4375, 12)
    expect(data.rowSummaries[0]?.std).toBeCloseTo(Math.sqrt(0.13671875), 12)
    expect(data.rowSummaries[0]?.count).toBe(4)
  })

  it('has mean and population standard deviation over the models of a layer', () => {
    // 1, 0.5, 0: mean 0.5, variance 1/6.
    expect(data.columnSummaries[0]?.mean).toBeCloseTo(0.5, 12)
    expect(data.columnSummaries[0]?.std).toBeCloseTo(Math.sqrt(1 / 6), 12)
    // 0.25 and 0.75; the third model has no such layer.
    expect(data.columnSummaries[4]).toEqual({ mean: 0.5, std: 0.25, count: 2 })
  })

  it('has no summary where nothing is measured', () => {
    expect(data.columnSummaries[3]).toBeNull()
  })

  it('groups rows by category and columns by stage; stem and classifier stand alone', () => {
    expect(data.categories).toEqual([
      { name: 'baseline', first: 0, last: 0 },
      { name: 'zoo', first: 1, last: 2 }
    ])
    expect(data.stages).toEqual([
      { name: 'layer1', first: 1, last: 2 },
      { name: 'layer2', first: 3, last: 3 }
    ])
  })
})
