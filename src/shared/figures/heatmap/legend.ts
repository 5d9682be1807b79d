import type { CustomSeriesOption } from 'echarts'
import {
  criticalityColor,
  criticalityHatchColor,
  criticalityStops,
  criticalityTextColor,
  type FigureTheme
} from '../palette'
import { isProvisional, needsMore, type Entry, type HeatmapData } from './data'
import { corner, hatch, layer, type ChildDrawing } from './drawing'
import type { Box, HeatmapLayout } from './layout'
import type { MeasureText } from './text'

const HEIGHT = 10
/** A value whose colour stands for all in the legend. */
const EXAMPLE = 0.3

/** Colour scale in percent, the marks that there are, and the titles of both margins. */
export function legend(
  data: HeatmapData,
  layout: HeatmapLayout,
  theme: FigureTheme,
  measure: MeasureText
): CustomSeriesOption {
  const size = layout.fontSize
  const font = `${size}px ${theme.font}`
  const { x, y, width } = layout.legend
  const middle = y + HEIGHT / 2
  const text = (
    content: string,
    at: number,
    top: number,
    align: 'left' | 'right' = 'left'
  ): ChildDrawing => ({
    type: 'text',
    style: { text: content, x: at, y: top, align, verticalAlign: 'middle', fill: theme.muted, font }
  })
  const title = 'Criticality'
  const marks = marksOf(data, theme)
  const beforeScale = measure(title, size) + 10 + measure('0 %', size) + 6
  const afterScale = 6 + measure('100 %', size)
  const markWidth = ({ meaning }: Mark): number => 14 + 16 + 6 + measure(meaning, size)
  const total = marks.reduce((sum, mark) => sum + markWidth(mark), beforeScale + width + afterScale)
  // Above the cells, or as far left of that as all of it needs.
  const end = layout.rowMargin.x + layout.rowMargin.width + layout.rowNumbers
  const left = Math.max(layout.categories.x, Math.min(x, end - total))
  const scale = left + beforeScale
  const after = scale + width + 6
  let next = scale + width + afterScale
  const squares = marks.map((mark) => {
    const box = { x: next + 14, y, width: 16, height: HEIGHT }
    next += markWidth(mark)
    return { ...mark, box }
  })
  const axis = layout.columnMargin
  // Made anew each time: ECharts puts its own pattern in the place of a decal.
  const children = (): ChildDrawing[] => [
    text(title, left, middle),
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
    ...squares.flatMap(({ box, meaning, draw }) => [...draw(box), text(meaning, box.x + 22, middle)]),
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

interface Mark {
  readonly meaning: string
  readonly draw: (box: Box) => ChildDrawing[]
}

/** Of what a cell can be beside measured, as far as any is. */
function marksOf(data: HeatmapData, theme: FigureTheme): Mark[] {
  const has = (found: (entry: Entry) => boolean): boolean => data.entries.some((row) => row.some(found))
  const marks: Mark[] = []
  const square = (shape: Box, fill: string, decal: ReturnType<typeof hatch> | null): ChildDrawing => ({
    type: 'rect',
    shape,
    style: { fill, stroke: theme.line, lineWidth: 1, ...(decal === null ? {} : { decal }) }
  })
  if (has((entry) => entry === null))
    marks.push({
      meaning: 'not measured',
      draw: (box) => [square(box, theme.hatchGround, hatch(theme.hatch))]
    })
  if (has((entry) => entry != null && isProvisional(entry)))
    marks.push({
      meaning: 'provisional',
      draw: (box) => [square(box, criticalityColor(EXAMPLE), hatch(criticalityHatchColor(EXAMPLE)))]
    })
  if (has((entry) => entry != null && needsMore(entry)))
    marks.push({
      meaning: 'needs more',
      draw: (box) => {
        const mark = corner(box, criticalityTextColor(EXAMPLE))
        return [square(box, criticalityColor(EXAMPLE), null), ...(mark === null ? [] : [mark])]
      }
    })
  return marks
}
