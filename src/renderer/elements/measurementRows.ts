import type { HeatmapCell, HeatmapData } from '@shared/figures/heatmap/data'
import { accuracyText } from '@shared/figures/heatmap/text'
import { stateText } from '../state/precision'

/** A model and layer, as the tables show them. */
export interface MeasurementRow {
  readonly key: string
  readonly model: string
  readonly modelName: string
  readonly category: string
  readonly accuracy: string
  readonly layer: string
  readonly kind: string
  /** Null: not measured. */
  readonly cell: HeatmapCell | null
}

/** Row by row, layers in network order. Layers that a model does not have are left out. */
export function measurementRows(data: HeatmapData): MeasurementRow[] {
  return data.rows.flatMap((model, row) =>
    data.columns.flatMap((layer, column): MeasurementRow[] => {
      const cell = data.entries[row]?.[column]
      if (cell === undefined) return []
      return [
        {
          key: `${model.id}\n${layer.name}`,
          model: model.id,
          modelName: model.name,
          category: model.category,
          accuracy: accuracyText(model.accuracy),
          layer: layer.name,
          kind: layer.kind,
          cell
        }
      ]
    })
  )
}

export const SORT_KEYS = [
  'model',
  'category',
  'layer',
  'kind',
  'criticality',
  'error',
  'interval',
  'std',
  'trials',
  'images',
  'observations',
  'state'
] as const
export type SortKey = (typeof SORT_KEYS)[number]

export interface Sort {
  readonly key: SortKey
  readonly descending: boolean
}

function sortValue(row: MeasurementRow, key: Exclude<SortKey, 'layer'>): string | number {
  switch (key) {
    case 'model':
      return row.modelName
    case 'category':
      return row.category
    case 'kind':
      return row.kind
    case 'criticality':
      return row.cell?.mean ?? -1
    case 'std':
      return row.cell?.std ?? -1
    case 'error':
      return row.cell?.standardError ?? -1
    case 'interval':
      return row.cell?.interval?.[0] ?? -1
    case 'trials':
    case 'images':
    case 'observations':
      return row.cell?.[key] ?? 0
    case 'state':
      return row.cell ? stateText(row.cell) : 'not measured'
  }
}

/** Equal rows, and `layer`, follow the order given: that of the network. */
export function sortRows(rows: readonly MeasurementRow[], { key, descending }: Sort): MeasurementRow[] {
  const sign = descending ? -1 : 1
  if (key === 'layer') {
    const order = new Map<string, number>()
    for (const row of rows) if (!order.has(row.layer)) order.set(row.layer, order.size)
    return [...rows].sort((a, b) => sign * ((order.get(a.layer) ?? 0) - (order.get(b.layer) ?? 0)))
  }
  return [...rows].sort((a, b) => {
    const [left, right] = [sortValue(a, key), sortValue(b, key)]
    if (typeof left === 'number' && typeof right === 'number') return sign * (left - right)
    return sign * String(left).localeCompare(String(right), 'en', { numeric: true })
  })
}

/** Of the columns that a cell fills, in the table's order. */
const CELL_COLUMNS: readonly (readonly [
  name: string,
  value: (cell: HeatmapCell) => string | number | null
])[] = [
  ['criticality', (cell) => cell.mean],
  ['std', (cell) => cell.std],
  ['standard_error', (cell) => cell.standardError],
  ['degrees_of_freedom', (cell) => cell.degreesOfFreedom],
  ['interval_low', (cell) => cell.interval?.[0] ?? null],
  ['interval_high', (cell) => cell.interval?.[1] ?? null],
  ['variance_trial', (cell) => cell.components.trial],
  ['variance_image', (cell) => cell.components.image],
  ['variance_rest', (cell) => cell.components.rest],
  ['trials', (cell) => cell.trials],
  ['images', (cell) => cell.images],
  ['observations', (cell) => cell.observations],
  ['complete', (cell) => String(cell.complete)],
  ['target_se', (cell) => cell.targetSe],
  ['outcome', (cell) => cell.outcome]
]

/** Tab-separated, full precision, criticality as a fraction; empty where nothing is measured. */
export function rowsAsTsv(rows: readonly MeasurementRow[]): string {
  const header = ['model', 'name', 'category', 'layer', 'kind', ...CELL_COLUMNS.map(([name]) => name)]
  const lines = rows.map(({ model, modelName, category, layer, kind, cell }) =>
    [model, modelName, category, layer, kind, ...CELL_COLUMNS.map(([, value]) => (cell ? value(cell) : null))]
      .map((value) => String(value ?? '').replace(/[\t\r\n]/g, ' '))
      .join('\t')
  )
  return [header.join('\t'), ...lines].join('\n')
}
