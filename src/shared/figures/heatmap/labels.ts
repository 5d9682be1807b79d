import type { CustomSeriesOption } from 'echarts'
import type { FigureTheme } from '../palette'
import type { Group, HeatmapData } from './data'
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
import { accuracyText, columnLabel, fitText, type MeasureText } from './text'

interface LabelContext {
  readonly data: HeatmapData
  readonly layout: HeatmapLayout
  readonly theme: FigureTheme
  readonly measure: MeasureText
}

const span = (groups: readonly Group[]): number[][] =>
  groups.map((group, index) => [group.first, group.last, index])

/** Name and accuracy of each model, left of its row; rows too low for text are skipped evenly. */
export function rowLabels({ data, layout, theme, measure }: LabelContext): CustomSeriesOption {
  const size = layout.fontSize
  const texts = data.rows.map((row) => ({
    name: fitText(row.name, layout.names.width, size, measure),
    accuracy: accuracyText(row.accuracy)
  }))
  return layer({
    id: 'row-labels',
    grid: 0,
    items: data.rows.map((_, row) => [0, row]),
    draw: (api, [, row = 0]) => {
      const box = cellBox(api, row, 0)
      const text = texts[row]
      const [, spacing] = cellSpacing(api)
      const fontSize = labelSize(spacing, size)
      if (!text || !rowInSight(box, layout.cells)) return null
      if (row % labelStep(spacing, fontSize + 1) !== 0) return null
      const y = box.y + box.height / 2
      const font = `${fontSize}px ${theme.font}`
      return {
        type: 'group',
        children: [
          {
            type: 'text',
            style: { text: text.name, x: layout.names.x, y, verticalAlign: 'middle', fill: theme.text, font }
          },
          {
            type: 'text',
            style: {
              text: text.accuracy,
              x: layout.names.accuracy,
              y,
              align: 'right',
              verticalAlign: 'middle',
              fill: theme.muted,
              font
            }
          }
        ]
      }
    }
  })
}

/** Name and coloured bracket of each category, at the left edge. */
export function categoryBrackets(
  { data, layout, theme, measure }: LabelContext,
  colors: ReadonlyMap<string, string>
): CustomSeriesOption {
  const size = layout.fontSize
  const { x, width, bracket } = layout.categories
  const { cells } = layout
  /** Whether a group's name meets no other's, though its rows may be lower than it. */
  const hasRoom = (index: number, rowHeight: number): boolean => {
    const middle = (group: Group | undefined): number =>
      group === undefined ? Infinity : ((group.first + group.last) / 2) * rowHeight
    const own = middle(data.categories[index])
    return [index - 1, index + 1].every((other) => Math.abs(middle(data.categories[other]) - own) > size)
  }
  return layer({
    id: 'categories',
    grid: 0,
    items: span(data.categories),
    draw: (api, [first = 0, last = 0, index = 0]) => {
      const group = data.categories[index]
      const above = cellBox(api, first, 0)
      const below = cellBox(api, last, 0)
      const top = Math.max(cells.y, above.y)
      const bottom = Math.min(cells.y + cells.height, below.y + below.height)
      if (!group || bottom - top < 1) return null
      const gap = above.height >= 5 ? 1 : 0
      const children: ChildDrawing[] = [
        {
          type: 'rect',
          shape: { x: bracket, y: top, width: 4, height: Math.max(1, bottom - top - gap) },
          style: { fill: colors.get(group.name) ?? theme.muted }
        }
      ]
      if (hasRoom(index, cellSpacing(api)[1])) {
        children.push({
          type: 'text',
          style: {
            text: fitText(group.name, width, size, measure),
            x: x + width,
            y: (top + bottom) / 2,
            align: 'right',
            verticalAlign: 'middle',
            fill: theme.muted,
            font: `${size}px ${theme.font}`
          }
        })
      }
      return { type: 'group', children }
    }
  })
}

/** Layer names, turned, below the columns; columns too narrow for text are skipped evenly. */
export function columnLabels({ data, layout, theme, measure }: LabelContext): CustomSeriesOption {
  const size = layout.fontSize
  const room = layout.labels.stages - layout.labels.y - 4
  const texts = data.columns.map((column) => fitText(columnLabel(column), room, size, measure))
  return layer({
    id: 'column-labels',
    grid: 0,
    items: data.columns.map((_, column) => [column, 0]),
    draw: (api, [column = 0]) => {
      const box = cellBox(api, 0, column)
      const text = texts[column]
      if (text === undefined || !columnInSight(box, layout.cells)) return null
      const [spacing] = cellSpacing(api)
      const fontSize = labelSize(spacing, size)
      if (column % labelStep(spacing, fontSize + 1) !== 0) return null
      return {
        type: 'text',
        x: box.x + box.width / 2,
        y: layout.labels.y,
        rotation: Math.PI / 2,
        style: {
          text,
          x: 0,
          y: 0,
          align: 'right',
          verticalAlign: 'middle',
          fill: theme.text,
          font: `${fontSize}px ${theme.font}`
        }
      }
    }
  })
}

/** Bracket and name of each stage, below the layer names. */
export function stageBrackets({ data, layout, theme, measure }: LabelContext): CustomSeriesOption {
  const size = layout.fontSize
  const { cells } = layout
  const y = layout.labels.stages
  return layer({
    id: 'stages',
    grid: 0,
    items: span(data.stages),
    draw: (api, [first = 0, last = 0, index = 0]) => {
      const group = data.stages[index]
      const before = cellBox(api, 0, first)
      const after = cellBox(api, 0, last)
      const left = Math.max(cells.x, before.x + 1)
      const right = Math.min(cells.x + cells.width, after.x + after.width - 2)
      if (!group || right - left < 2) return null
      const fits = measure(group.name, size) <= right - left + 4
      return {
        type: 'group',
        children: [
          {
            type: 'polyline',
            shape: {
              points: [
                [left, y],
                [left, y + 4],
                [right, y + 4],
                [right, y]
              ]
            },
            style: { stroke: theme.muted, lineWidth: 1, fill: 'none' }
          },
          {
            type: 'text',
            style: {
              text: fits ? group.name : group.name.replace(/^\D+/, ''),
              x: (left + right) / 2,
              y: y + 14,
              align: 'center',
              verticalAlign: 'middle',
              fill: theme.muted,
              font: `${size}px ${theme.font}`
            }
          }
        ]
      }
    }
  })
}

/** Lines in the colour of the ground between categories and between stages. */
export function separators({ data, layout, theme }: LabelContext): CustomSeriesOption {
  const { cells } = layout
  const columns = new Set(data.stages.flatMap((stage) => [stage.first, stage.last + 1]))
  const rows = new Set(data.categories.map((category) => category.first))
  columns.delete(0)
  columns.delete(data.columns.length)
  rows.delete(0)
  const items = [...[...columns].map((column) => [column, 0, 0]), ...[...rows].map((row) => [0, row, 1])]
  return layer({
    id: 'separators',
    grid: 0,
    clip: true,
    z: 3,
    items,
    draw: (api, [column = 0, row = 0, across = 0]) => {
      const box = cellBox(api, row, column)
      const shape =
        across === 1
          ? { x: cells.x, y: box.y - 2, width: cells.width, height: 3 }
          : { x: box.x - 2, y: cells.y, width: 3, height: cells.height }
      const small = across === 1 ? box.height < 5 : box.width < 5
      return small ? null : { type: 'rect', shape, style: { fill: theme.background } }
    }
  })
}
