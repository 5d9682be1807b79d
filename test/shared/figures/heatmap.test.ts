import * as echarts from 'echarts'
import { describe, expect, it } from 'vitest'
import { heatmapOption, type HeatmapFigure } from '@shared/figures/heatmap'
import {
  heatmapData,
  type HeatmapCell,
  type HeatmapLayer,
  type HeatmapModel
} from '@shared/figures/heatmap/data'
import { heatmapLayout } from '@shared/figures/heatmap/layout'
import {
  accuracyText,
  columnLabel,
  estimateWidth,
  fitText,
  percentNumber
} from '@shared/figures/heatmap/text'
import { summaryText } from '@shared/figures/heatmap/margins'
import { measuredCell } from './cells'
import { categoryColors, criticalityColor, LIGHT_FIGURE } from '@shared/figures/palette'

function study(rows: number, columns: number) {
  const layers = Array.from({ length: columns }, (_, index): HeatmapLayer => {
    const stage =
      index === 0 || index === columns - 1 ? null : `layer${1 + Math.floor((4 * index) / columns)}`
    return { name: stage === null ? `end${index}` : `${stage}.${index}.conv1`, kind: 'conv', stage }
  })
  const models = Array.from({ length: rows }, (_, index): HeatmapModel => {
    const category = index === 0 ? 'baseline' : 'adversarial'
    return { id: `m${index}`, name: `Model number ${index}`, category, accuracy: 0.761, layers }
  })
  // The last row is not measured; 0.5 everywhere else.
  return heatmapData(models, layers, (id) => (id === `m${rows - 1}` ? undefined : measuredCell(0.5)))
}

const COLORS = categoryColors(['baseline', 'adversarial'])

/** The figure as SVG, drawn without a DOM. */
function draw(rows: number, columns: number, width: number, height: number): string {
  return drawn({ data: study(rows, columns), width, height, theme: LIGHT_FIGURE, colors: COLORS })
}

function drawn(figure: HeatmapFigure): string {
  const { width, height } = figure
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption(heatmapOption(figure))
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}

const texts = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text ?? '')
const fills = (svg: string, color: string): number => svg.split(`fill="${color}"`).length - 1

describe('the drawn heatmap', () => {
  const svg = draw(6, 21, 770, 600)

  it('has a rectangle in the colour of its value for each measured cell', () => {
    expect(fills(svg, criticalityColor(0.5))).toBe(5 * 21)
  })

  it('hatches each cell that is not measured, and one square of the legend', () => {
    expect(fills(svg, LIGHT_FIGURE.hatchGround)).toBe(21 + 1)
  })

  it('names every model with its accuracy, every category, layer and stage', () => {
    const drawn = texts(svg)
    for (let row = 0; row < 6; row++) expect(drawn).toContain(`Model number ${row}`)
    expect(drawn.filter((text) => text === '76.1 %')).toHaveLength(6)
    expect(drawn).toEqual(
      expect.arrayContaining(['baseline', 'adversarial', 'layer1', 'layer2', 'layer3', 'layer4'])
    )
    expect(drawn.filter((text) => text.endsWith('.conv1'))).toHaveLength(19)
    expect(drawn).toEqual(expect.arrayContaining(['end0', 'end20']))
  })

  it('states mean ± std of each measured row, in percent', () => {
    expect(texts(svg).filter((text) => text === '50 ± 0')).toHaveLength(5)
    expect(texts(svg)).toEqual(expect.arrayContaining(['0 %', '100 %', 'Mean ± std, %', 'not measured']))
  })

  it('skips labels evenly where rows are lower than text', () => {
    const drawn = texts(draw(100, 54, 770, 600)).filter((text) => text.startsWith('Model number'))
    expect(drawn.length).toBeGreaterThan(10)
    expect(drawn.length).toBeLessThan(60)
    expect(drawn).toContain('Model number 0')
  })
})

describe('marks of a cell', () => {
  const { rows, columns } = study(3, 4)
  const marked = (part: (model: string, layer: string) => Partial<HeatmapCell>): string => {
    const data = heatmapData(rows, columns, (id, name) => measuredCell(0.5, part(id, name)))
    return drawn({ data, width: 770, height: 400, theme: LIGHT_FIGURE, colors: COLORS })
  }
  const corners = (svg: string): number => svg.split('<polygon').length - 1
  const hatched = (svg: string): number => svg.split('fill="url(#').length - 1
  const plain = marked(() => ({ outcome: 'reached' }))

  it('are strokes over the colour where a trial is not done', () => {
    const svg = marked((_, name) => ({ complete: name !== 'end0' }))
    // A column of three models; in the legend a square with strokes.
    expect(hatched(svg) - hatched(plain)).toBe(3 + 1)
    expect(fills(svg, criticalityColor(0.5))).toBe(3 * 4)
    expect(texts(svg)).toContain('provisional')
  })

  it('are a corner where the adaptive protocol stopped before its target', () => {
    const svg = marked((id) => ({ outcome: id === 'm1' ? 'budget' : 'reached' }))
    // Four layers of one model; in the legend a square with a corner.
    expect(corners(svg)).toBe(4 + 1)
    expect(corners(plain)).toBe(0)
    expect(texts(svg)).toContain('needs more')
  })

  it('are explained only where they occur', () => {
    for (const meaning of ['provisional', 'needs more', 'not measured'])
      expect(texts(plain)).not.toContain(meaning)
  })
})

describe('heatmapLayout', () => {
  it.each([
    [6, 21, 750, 560],
    [50, 54, 750, 560],
    [1, 1, 400, 300],
    [200, 500, 1500, 900]
  ])('%i × %i fits %i × %i pixels', (rows, columns, width, height) => {
    const layout = heatmapLayout(study(rows, columns), { width, height }, estimateWidth)
    const { cells, rowMargin, columnMargin, names, labels } = layout
    expect(names.x + names.width).toBeLessThanOrEqual(cells.x)
    expect(names.accuracy).toBeLessThanOrEqual(cells.x)
    expect(rowMargin.x).toBeGreaterThanOrEqual(cells.x + cells.width)
    expect(rowMargin.x + rowMargin.width + layout.rowNumbers).toBeLessThanOrEqual(width)
    expect(columnMargin.y).toBeGreaterThanOrEqual(cells.y + cells.height)
    expect(labels.stages).toBeGreaterThan(labels.y)
    expect(labels.stages + 20).toBeLessThanOrEqual(height)
  })
})

describe('texts', () => {
  it('writes percent with one decimal below 10 %', () => {
    expect(percentNumber(0.4821)).toBe('48')
    expect(percentNumber(0.0312)).toBe('3.1')
    expect(percentNumber(0)).toBe('0')
    expect(percentNumber(0.0996)).toBe('10')
    expect(summaryText({ mean: 0.621, std: 0.304, count: 3 })).toBe('62 ± 30')
  })

  it('takes accuracies as fractions and as percent', () => {
    expect(accuracyText(0.7613)).toBe('76.1 %')
    expect(accuracyText(76.13)).toBe('76.1 %')
    expect(accuracyText(null)).toBe('')
  })

  it('leaves the stage out of a column label', () => {
    expect(columnLabel({ name: 'layer1.0.conv2', stage: 'layer1' })).toBe('0.conv2')
    expect(columnLabel({ name: 'conv1', stage: null })).toBe('conv1')
  })

  it('cuts a text to its width, with an ellipsis', () => {
    const perLetter = (text: string): number => text.length
    expect(fitText('abcdefgh', 8, 11, perLetter)).toBe('abcdefgh')
    expect(fitText('abcdefgh', 5, 11, perLetter)).toBe('abcd…')
  })
})
