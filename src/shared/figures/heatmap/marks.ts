import type { CustomSeriesOption } from 'echarts'
import type { FigureTheme } from '../palette'
import { criticalityColor, criticalityHatchColor, criticalityTextColor } from '../palette'
import { isProvisional, needsMore, type HeatmapData } from './data'
import { cellBox, cellInSight, corner, hatch, inset, layer, type ChildDrawing } from './drawing'
import type { Box, HeatmapLayout } from './layout'
import { percentNumber } from './text'

/** Draws the cells: the one part that differs between a screen of 200 × 500 cells and a page of print. */
export type HeatmapMarks = (
  data: HeatmapData,
  layout: HeatmapLayout,
  theme: FigureTheme
) => CustomSeriesOption[]

/** `[column, row, value, provisional, needs more]` */
function measuredItems(data: HeatmapData): number[][] {
  const items: number[][] = []
  data.entries.forEach((row, rowIndex) => {
    row.forEach((entry, column) => {
      if (entry)
        items.push([column, rowIndex, entry.mean, Number(isProvisional(entry)), Number(needsMore(entry))])
    })
  })
  return items
}

function unmeasuredItems(data: HeatmapData): number[][] {
  const items: number[][] = []
  data.entries.forEach((row, rowIndex) => {
    row.forEach((entry, column) => {
      if (entry === null) items.push([column, rowIndex])
    })
  })
  return items
}

/**
 * A rectangle a cell, with its percentage where it fits; hatched where nothing is measured, or where more is to come, a corner
 * cut where the adaptive protocol stopped before its target.
 */
export const rectangleMarks: HeatmapMarks = (data, layout, theme) => [
  layer({
    id: 'unmeasured',
    grid: 0,
    clip: true,
    items: unmeasuredItems(data),
    draw: (api, [column = 0, row = 0]) => {
      const box = inset(cellBox(api, row, column))
      if (!cellInSight(box, layout.cells)) return null
      return { type: 'rect', shape: box, style: { fill: theme.hatchGround, decal: hatch(theme.hatch) } }
    }
  }),
  layer({
    id: 'measured',
    grid: 0,
    clip: true,
    items: measuredItems(data),
    draw: (api, [column = 0, row = 0, value = 0, provisional = 0, short = 0]) => {
      const box = inset(cellBox(api, row, column))
      if (!cellInSight(box, layout.cells)) return null
      const fill = criticalityColor(value)
      const decal = provisional === 0 ? {} : { decal: hatch(criticalityHatchColor(value)) }
      const rectangle: ChildDrawing = { type: 'rect', shape: box, style: { fill, ...decal } }
      const mark = short === 0 ? null : corner(box, criticalityTextColor(value))
      const text = valueText(box, value, theme)
      if (mark === null && text === null) return rectangle
      return { type: 'group', children: [rectangle, mark, text].filter((child) => child !== null) }
    }
  })
]

/** The percentage, where it fits. */
function valueText(box: Box, value: number, theme: FigureTheme): ChildDrawing | null {
  if (box.width < 21 || box.height < 13) return null
  return {
    type: 'text',
    style: {
      text: percentNumber(value),
      x: box.x + box.width / 2,
      y: box.y + box.height / 2,
      align: 'center',
      verticalAlign: 'middle',
      fill: criticalityTextColor(value),
      font: `10px ${theme.font}`
    }
  }
}
