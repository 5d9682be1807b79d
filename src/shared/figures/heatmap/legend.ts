import type { CustomSeriesOption } from 'echarts'
import { criticalityStops, type FigureTheme } from '../palette'
import { hatch, layer, type ChildDrawing } from './drawing'
import type { HeatmapLayout } from './layout'
import type { MeasureText } from './text'

const HEIGHT = 10

/** Colour scale in percent, the hatching, and the titles of both margins. */
export function legend(layout: HeatmapLayout, theme: FigureTheme, measure: MeasureText): CustomSeriesOption {
  const size = layout.fontSize
  const font = `${size}px ${theme.font}`
  const { x, y, width } = layout.legend
  const middle = y + HEIGHT / 2
  const text = (
    content: string,
    left: number,
    top: number,
    align: 'left' | 'right' = 'left'
  ): ChildDrawing => ({
    type: 'text',
    style: { text: content, x: left, y: top, align, verticalAlign: 'middle', fill: theme.muted, font }
  })
  const title = 'Criticality'
  const scale = x + measure(title, size) + 10 + measure('0 %', size) + 6
  const after = scale + width + 6
  const square = after + measure('100 %', size) + 18
  const axis = layout.columnMargin
  // Made anew each time: ECharts puts its own pattern in the place of a decal.
  const children = (): ChildDrawing[] => [
    text(title, x, middle),
    text('0 %', scale - 6, middle, 'right'),
    {
      type: 'rect',
      shape: { x: scale, y, width, height: HEIGHT },
      style: {
        fill: { type: 'linear', x: 0, y: 0, x2: 1, y2: 0, colorStops: criticalityStops() },
        stroke: theme.line,
        lineWidth: 1
      }
    },
    text('100 %', after, middle),
    {
      type: 'rect',
      shape: { x: square, y, width: 16, height: HEIGHT },
      style: { fill: theme.hatchGround, decal: hatch(theme.hatch), stroke: theme.line, lineWidth: 1 }
    },
    text('not measured', square + 22, middle),
    text('Mean ± std, %', layout.rowMargin.x, layout.cells.y - 9),
    text('100 %', axis.x - 6, axis.y + 5, 'right'),
    text('Mean ± std', axis.x - 6, axis.y + axis.height / 2, 'right'),
    text('0 %', axis.x - 6, axis.y + axis.height - 5, 'right'),
    {
      type: 'line',
      shape: { x1: axis.x, y1: axis.y + axis.height, x2: axis.x + axis.width, y2: axis.y + axis.height },
      style: { stroke: theme.line, lineWidth: 1 }
    },
    {
      type: 'line',
      shape: {
        x1: layout.rowMargin.x,
        y1: layout.rowMargin.y,
        x2: layout.rowMargin.x,
        y2: layout.rowMargin.y + layout.rowMargin.height
      },
      style: { stroke: theme.line, lineWidth: 1 }
    }
  ]
  return layer({
    id: 'legend',
    grid: null,
    items: [[0]],
    draw: () => ({ type: 'group', children: children() })
  })
}
