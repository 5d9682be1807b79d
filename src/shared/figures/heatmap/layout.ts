import type { HeatmapData } from './data'
import { accuracyText, columnLabel, type MeasureText } from './text'

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Where everything stands, in pixels. Says nothing of how a cell is drawn. */
export interface HeatmapLayout {
  readonly cells: Box
  /** Mean of each row, right of the cells: the bars, and the width for their numbers. */
  readonly rowMargin: Box
  readonly rowNumbers: number
  /** Mean of each column, below the cells. */
  readonly columnMargin: Box
  /** Left edge and width of the categories' names, left edge of their brackets. */
  readonly categories: { readonly x: number; readonly width: number; readonly bracket: number }
  /** Model names, left-aligned at `x`; accuracies, right-aligned at `accuracy`. */
  readonly names: { readonly x: number; readonly width: number; readonly accuracy: number }
  /** Column labels hang from `y`; stage brackets stand at `stages`. */
  readonly labels: { readonly y: number; readonly stages: number }
  readonly legend: { readonly x: number; readonly y: number; readonly width: number }
  readonly fontSize: number
}

const LEGEND_HEIGHT = 40
const GAP = 8
const MARGIN_BARS = 56
const MARGIN_NUMBERS = 54
const COLUMN_MARGIN = 56
const STAGE_BAND = 24
const EDGE = 4
const MAX_ROW = 48
const MAX_COLUMN = 44

const widest = (texts: readonly string[], size: number, measure: MeasureText): number =>
  texts.reduce((width, text) => Math.max(width, measure(text, size)), 0)

/** @param size of the whole figure in pixels. */
export function heatmapLayout(
  data: HeatmapData,
  size: { readonly width: number; readonly height: number },
  measure: MeasureText
): HeatmapLayout {
  const fontSize = 11
  const categoryWidth = Math.min(
    size.width * 0.14,
    widest(
      data.categories.map((group) => group.name),
      fontSize,
      measure
    )
  )
  const accuracyWidth = widest(
    data.rows.map((row) => accuracyText(row.accuracy)),
    fontSize,
    measure
  )
  const nameWidth = Math.min(
    size.width * 0.22,
    widest(
      data.rows.map((row) => row.name),
      fontSize,
      measure
    )
  )
  const bracket = EDGE + categoryWidth + 6
  const namesX = bracket + 4 + GAP
  const accuracy = namesX + nameWidth + (accuracyWidth > 0 ? GAP + accuracyWidth : 0)
  const left = Math.ceil(accuracy + GAP)
  const right = GAP + MARGIN_BARS + MARGIN_NUMBERS + EDGE

  const labelHeight = Math.min(
    size.height * 0.25,
    widest(data.columns.map(columnLabel), fontSize, measure) + 6
  )
  const bottom = GAP + COLUMN_MARGIN + GAP + labelHeight + (data.stages.length > 0 ? STAGE_BAND : 0) + EDGE

  const width = Math.max(
    40,
    Math.min(size.width - left - right, Math.max(1, data.columns.length) * MAX_COLUMN)
  )
  const height = Math.max(
    20,
    Math.min(size.height - LEGEND_HEIGHT - bottom, Math.max(1, data.rows.length) * MAX_ROW)
  )
  const cells: Box = { x: left, y: LEGEND_HEIGHT, width, height }
  const columnMarginY = cells.y + height + GAP
  const labelsY = columnMarginY + COLUMN_MARGIN + GAP
  return {
    cells,
    rowMargin: { x: left + width + GAP, y: cells.y, width: MARGIN_BARS, height },
    rowNumbers: MARGIN_NUMBERS,
    columnMargin: { x: left, y: columnMarginY, width, height: COLUMN_MARGIN },
    categories: { x: EDGE, width: categoryWidth, bracket },
    names: { x: namesX, width: nameWidth, accuracy },
    labels: { y: labelsY, stages: labelsY + labelHeight + 4 },
    legend: { x: left, y: 6, width: Math.min(160, Math.max(90, width * 0.3)) },
    fontSize
  }
}
