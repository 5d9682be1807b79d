import type { CustomSeriesOption, CustomSeriesRenderItemAPI, CustomSeriesRenderItemReturn } from 'echarts'
import type { Box } from './layout'

/** An element that a custom series draws. */
export type Drawing = NonNullable<CustomSeriesRenderItemReturn>
export type ChildDrawing = Extract<Drawing, { type: 'group' }>['children'][number]

type Decal = { symbol: 'rect'; dashArrayX: number[]; dashArrayY: number[]; rotation: number; color: string }

/** Diagonal strokes: the mark of a cell that is not measured yet, or of which more is to come. */
export function hatch(color: string): Decal {
  return { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [1, 4], rotation: -Math.PI / 4, color }
}

/** Distances of columns and of rows, in pixels and not rounded: the same for all of them. */
export function cellSpacing(api: CustomSeriesRenderItemAPI): readonly [width: number, height: number] {
  const size = api.size?.([1, 1]) ?? 0
  const [width = 0, height = 0] = Array.isArray(size) ? size : [size, size]
  return [width, height]
}

/** Pixels of the cell at a row and column, snapped so that edges are sharp. */
export function cellBox(api: CustomSeriesRenderItemAPI, row: number, column: number): Box {
  const [centre = 0, middle = 0] = api.coord([column, row])
  const [width, height] = cellSpacing(api)
  const x = Math.round(centre - width / 2)
  const y = Math.round(middle - height / 2)
  return {
    x,
    y,
    width: Math.max(1, Math.round(centre + width / 2) - x),
    height: Math.max(1, Math.round(middle + height / 2) - y)
  }
}

/** Room between cells: none where they are too small for it. */
export function inset(box: Box): Box {
  const gapX = box.width >= 5 ? 1 : 0
  const gapY = box.height >= 5 ? 1 : 0
  return { x: box.x, y: box.y, width: box.width - gapX, height: box.height - gapY }
}

/** A triangle in the upper right corner; null where the cell is too small for it. */
export function corner(box: Box, color: string): ChildDrawing | null {
  const side = Math.min(7, Math.floor(Math.min(box.width, box.height) / 2))
  if (side < 2) return null
  const right = box.x + box.width
  const points = [
    [right - side, box.y],
    [right, box.y],
    [right, box.y + side]
  ]
  return { type: 'polygon', shape: { points }, style: { fill: color } }
}

/** Whether any of a cell is in sight. */
export function cellInSight(box: Box, cells: Box): boolean {
  const across = box.x < cells.x + cells.width && box.x + box.width > cells.x
  return across && box.y < cells.y + cells.height && box.y + box.height > cells.y
}

/** Whether the middle of a row is in sight; zooming moves the others out of it. */
export function rowInSight(box: Box, cells: Box): boolean {
  const middle = box.y + box.height / 2
  return middle >= cells.y && middle <= cells.y + cells.height
}

export function columnInSight(box: Box, cells: Box): boolean {
  const middle = box.x + box.width / 2
  return middle >= cells.x && middle <= cells.x + cells.width
}

/** Every how many rows or columns a label of this size fits. */
export function labelStep(spacing: number, size: number): number {
  return Math.max(1, Math.ceil(size / Math.max(spacing, 0.5)))
}

/** The font size for rows or columns this far apart: a little smaller where that saves skipping labels. */
export function labelSize(spacing: number, size: number): number {
  const smaller = size - 2
  return spacing < size + 1 && spacing >= smaller + 1 ? smaller : size
}

interface LayerOptions {
  readonly id: string
  /** Index of the grid; null: pixels of the whole figure. */
  readonly grid: number | null
  readonly items: readonly (readonly number[])[]
  readonly clip?: boolean
  readonly z?: number
  readonly draw: (api: CustomSeriesRenderItemAPI, item: readonly number[]) => Drawing | null
}

/**
 * One layer of the drawing. Items are `[column, row, …]`. Layers are silent: who shows the figure finds the cell under the pointer from the axes, however cells are drawn.
 */
export function layer(options: LayerOptions): CustomSeriesOption {
  return {
    id: options.id,
    type: 'custom',
    ...(options.grid === null
      ? { coordinateSystem: 'none' }
      : {
          coordinateSystem: 'cartesian2d',
          xAxisIndex: options.grid,
          yAxisIndex: options.grid,
          encode: { x: 0, y: 1 }
        }),
    data: options.items.map((item) => [...item]),
    silent: true,
    animation: false,
    // All at once: in pieces, every change of a running measurement would flicker.
    progressive: 0,
    clip: options.clip ?? false,
    z: options.z ?? 2,
    renderItem: (params, api) => {
      const item = options.items[params.dataIndex]
      return item === undefined ? null : options.draw(api, item)
    }
  }
}
