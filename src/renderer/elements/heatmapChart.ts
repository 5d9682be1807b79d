import { CustomChart } from 'echarts/charts'
import { DataZoomComponent, GridComponent } from 'echarts/components'
import { init, use, type ECharts } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import type { HeatmapData } from '@shared/figures/heatmap/data'
import { CELL_GRID, heatmapOption, type HeatmapFigure } from '@shared/figures/heatmap'
import { heatmapLayout, type Box, type HeatmapLayout } from '@shared/figures/heatmap/layout'
import { estimateWidth } from '@shared/figures/heatmap/text'

use([CustomChart, DataZoomComponent, GridComponent, CanvasRenderer])

/** Row and column under a point; one of them null beside the cells. */
export interface Hit {
  readonly row: number | null
  readonly column: number | null
}

/** From here on wheel and drag zoom. */
const ZOOM_ROWS = 25
const ZOOM_COLUMNS = 40

/** The drawn heatmap: draws at most once a frame, finds cells under points and points of cells. */
export class HeatmapDrawing {
  private readonly chart: ECharts
  private readonly onDrawn: () => void
  private layout: HeatmapLayout | null = null
  private data: HeatmapData | null = null
  private next: HeatmapFigure | null = null
  private frame = 0
  private structure = ''

  constructor(element: HTMLElement, onDrawn: () => void) {
    this.chart = init(element, null, { renderer: 'canvas' })
    this.onDrawn = onDrawn
    this.chart.on('datazoom', onDrawn)
  }

  show(figure: HeatmapFigure): void {
    this.next = figure
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw())
  }

  dispose(): void {
    cancelAnimationFrame(this.frame)
    this.chart.dispose()
  }

  /** @param x @param y pixels from the element's corner. */
  hit(x: number, y: number): Hit | null {
    if (!this.layout || !this.data) return null
    const { cells } = this.layout
    const across = x >= cells.x && x < cells.x + cells.width
    const along = y >= cells.y && y < cells.y + cells.height
    if (!across && !along) return null
    const [column = -1, row = -1] = this.chart.convertFromPixel({ gridId: CELL_GRID }, [x, y])
    const hit = {
      row: along && this.data.rows[row] !== undefined ? row : null,
      column: across && y >= cells.y && this.data.columns[column] !== undefined ? column : null
    }
    return hit.row === null && hit.column === null ? null : hit
  }

  /** Pixels of a cell, or of a whole row or column. */
  box({ row, column }: Hit): Box | null {
    if (!this.layout) return null
    const { cells } = this.layout
    const [x0, y0] = this.point(0, 0)
    const [x1, y1] = this.point(1, 1)
    const [x, y] = this.point(column ?? 0, row ?? 0)
    // A chart of one row or one column has no distance to the next: it fills the frame.
    const width = x1 - x0 || cells.width
    const height = y1 - y0 || cells.height
    return {
      x: column === null ? cells.x : x - width / 2,
      y: row === null ? cells.y : y - height / 2,
      width: column === null ? cells.width : width,
      height: row === null ? cells.height : height
    }
  }

  showAll(): void {
    for (const dataZoomIndex of [0, 1])
      this.chart.dispatchAction({ type: 'dataZoom', dataZoomIndex, start: 0, end: 100 })
  }

  get cells(): Box | null {
    return this.layout?.cells ?? null
  }

  private point(column: number, row: number): readonly [number, number] {
    const [x = 0, y = 0] = this.chart.convertToPixel({ gridId: CELL_GRID }, [column, row])
    return [x, y]
  }

  private draw(): void {
    this.frame = 0
    const figure = this.next
    if (!figure) return
    const { data, width, height, theme, measure = estimateWidth } = figure
    const zoom = data.rows.length > ZOOM_ROWS || data.columns.length > ZOOM_COLUMNS
    const ids = [...data.rows.map((row) => row.id), ...data.columns.map((column) => column.name)]
    const structure = [width, height, theme.background, ...ids].join('\n')
    const layout = heatmapLayout(data, { width, height }, measure)
    if (this.chart.getWidth() !== width || this.chart.getHeight() !== height)
      this.chart.resize({ width, height })
    // A merge keeps the zoom and replaces the cells alone; new rows or columns start afresh.
    this.chart.setOption(heatmapOption({ ...figure, zoom }, layout), {
      notMerge: structure !== this.structure,
      lazyUpdate: false
    })
    this.structure = structure
    this.layout = layout
    this.data = data
    this.onDrawn()
  }
}
