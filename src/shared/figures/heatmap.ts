import type { EChartsOption } from 'echarts'
import type { HeatmapData } from './heatmap/data'
import { categoryBrackets, columnLabels, rowLabels, separators, stageBrackets } from './heatmap/labels'
import { heatmapLayout, type HeatmapLayout } from './heatmap/layout'
import { legend } from './heatmap/legend'
import { columnMargin, rowMargin } from './heatmap/margins'
import { rectangleMarks, type HeatmapMarks } from './heatmap/marks'
import { estimateWidth, type MeasureText } from './heatmap/text'
import type { FigureTheme } from './palette'

export interface HeatmapFigure {
  readonly data: HeatmapData
  /** Of the whole figure, in pixels. */
  readonly width: number
  readonly height: number
  readonly theme: FigureTheme
  /** Colour of each category's bracket. */
  readonly colors: ReadonlyMap<string, string>
  readonly measure?: MeasureText
  readonly marks?: HeatmapMarks
  /** Wheel and drag zoom into the cells; for a screen. */
  readonly zoom?: boolean
}

/** Both axes of the cells. */
export const ROW_AXIS = 'rows'
export const COLUMN_AXIS = 'columns'
export const CELL_GRID = 'cells'

/** Models × layers, as an ECharts option: no DOM, no Node, nothing measured on a screen unless `measure` does. */
export function heatmapOption(
  figure: HeatmapFigure,
  layout: HeatmapLayout = heatmapLayout(figure.data, figure, figure.measure ?? estimateWidth)
): EChartsOption {
  const { data, theme, colors } = figure
  const measure = figure.measure ?? estimateWidth
  const marks = figure.marks ?? rectangleMarks
  const context = { data, layout, theme, measure }
  const { cells } = layout
  return {
    animation: false,
    backgroundColor: theme.background,
    textStyle: { fontFamily: theme.font },
    grid: { id: CELL_GRID, left: cells.x, top: cells.y, width: cells.width, height: cells.height },
    xAxis: {
      id: COLUMN_AXIS,
      type: 'category',
      show: false,
      data: data.columns.map((column) => column.name)
    },
    yAxis: {
      id: ROW_AXIS,
      type: 'category',
      show: false,
      inverse: true,
      data: data.rows.map((row) => row.id)
    },
    dataZoom: figure.zoom
      ? [
          { id: 'zoom-columns', type: 'inside', xAxisIndex: 0, filterMode: 'none', minValueSpan: 5 },
          { id: 'zoom-rows', type: 'inside', yAxisIndex: 0, filterMode: 'none', minValueSpan: 3 }
        ]
      : [],
    series: [
      ...marks(data, layout, theme),
      separators(context),
      rowLabels(context),
      categoryBrackets(context, colors),
      columnLabels(context),
      stageBrackets(context),
      rowMargin(data, layout, theme),
      columnMargin(data, layout, theme),
      legend(data, layout, theme, measure)
    ]
  }
}
