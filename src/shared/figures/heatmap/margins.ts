import type { CustomSeriesOption } from 'echarts'
import type { FigureTheme } from '../palette'
import type { HeatmapData, Summary } from './data'
import {
  cellBox,
  cellSpacing,
  columnInSight,
  labelSize,
  labelStep,
  layer,
  rowInSight,
  type ChildDrawing
} from './drawing'
import type { HeatmapLayout } from './layout'

const clamp = (value: number): number => Math.min(1, Math.max(0, value))

/** `62 ± 30`, in percent. */
export function summaryText(summary: Summary): string {
  return `${(summary.mean * 100).toFixed(0)} ± ${(summary.std * 100).toFixed(0)}`
}

function rowDrawing(
  summary: Summary,
  middle: number,
  height: number,
  layout: HeatmapLayout,
  theme: FigureTheme,
  label: { readonly shown: boolean; readonly size: number; readonly color: string }
): ChildDrawing[] {
  const { x, width } = layout.rowMargin
  const at = (value: number): number => x + clamp(value) * width
  const bar = Math.max(1, Math.min(10, height * 0.6))
  const drawings: ChildDrawing[] = [
    {
      type: 'rect',
      shape: { x, y: middle - bar / 2, width: clamp(summary.mean) * width, height: bar },
      style: { fill: theme.bar }
    },
    {
      type: 'line',
      shape: {
        x1: at(summary.mean - summary.std),
        y1: middle,
        x2: at(summary.mean + summary.std),
        y2: middle
      },
      style: { stroke: theme.text, lineWidth: 1 }
    }
  ]
  if (label.shown) {
    drawings.push({
      type: 'text',
      style: {
        text: summaryText(summary),
        x: x + width + layout.rowNumbers,
        y: middle,
        align: 'right',
        verticalAlign: 'middle',
        fill: label.color,
        font: `${label.size}px ${theme.font}`
      }
    })
  }
  return drawings
}

/** Mean ± population standard deviation over the layers of each model, right of its row. */
export function rowMargin(data: HeatmapData, layout: HeatmapLayout, theme: FigureTheme): CustomSeriesOption {
  return layer({
    id: 'row-margin',
    grid: 0,
    items: data.rows.map((_, row) => [0, row]),
    draw: (api, [, row = 0]) => {
      const summary = data.rowSummaries[row]
      if (!summary) return null
      const box = cellBox(api, row, 0)
      if (!rowInSight(box, layout.cells)) return null
      const [, spacing] = cellSpacing(api)
      const size = labelSize(spacing, layout.fontSize)
      const shown = row % labelStep(spacing, size + 1) === 0
      // Numbers of a row that is still being measured are paler.
      const complete = summary.count === data.entries[row]?.filter((entry) => entry !== undefined).length
      const label = { shown, size, color: complete ? theme.text : theme.muted }
      return {
        type: 'group',
        children: rowDrawing(summary, box.y + box.height / 2, box.height, layout, theme, label)
      }
    }
  })
}

/** Mean ± population standard deviation over the models for each layer, below its column. */
export function columnMargin(
  data: HeatmapData,
  layout: HeatmapLayout,
  theme: FigureTheme
): CustomSeriesOption {
  const { y, height } = layout.columnMargin
  const at = (value: number): number => y + (1 - clamp(value)) * height
  return layer({
    id: 'column-margin',
    grid: 0,
    items: data.columns.map((_, column) => [column, 0]),
    draw: (api, [column = 0]) => {
      const summary = data.columnSummaries[column]
      if (!summary) return null
      const box = cellBox(api, 0, column)
      if (!columnInSight(box, layout.cells)) return null
      const middle = box.x + box.width / 2
      const bar = Math.max(1, Math.min(16, box.width * 0.6))
      return {
        type: 'group',
        children: [
          {
            type: 'rect',
            shape: {
              x: middle - bar / 2,
              y: at(summary.mean),
              width: bar,
              height: clamp(summary.mean) * height
            },
            style: { fill: theme.bar }
          },
          {
            type: 'line',
            shape: {
              x1: middle,
              y1: at(summary.mean - summary.std),
              x2: middle,
              y2: at(summary.mean + summary.std)
            },
            style: { stroke: theme.text, lineWidth: 1 }
          }
        ]
      }
    }
  })
}
