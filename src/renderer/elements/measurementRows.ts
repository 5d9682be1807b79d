import type { HeatmapCell, HeatmapData } from '@shared/figures/heatmap/data'
import { accuracyText } from '@shared/figures/heatmap/text'

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
  readonly cell: (HeatmapCell & { readonly std?: number | null; readonly images?: number }) | null
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
  'std',
  'error',
  'trials'
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
    case 'trials':
      return row.cell?.trials ?? 0
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

/** Tab-separated, full precision, criticality as a fraction; empty where nothing is measured. */
export function rowsAsTsv(rows: readonly MeasurementRow[]): string {
  const header = 'model\tname\tcategory\tlayer\tkind\tcriticality\tstd\tstandard_error\ttrials\timages'
  const lines = rows.map(({ model, modelName, category, layer, kind, cell }) =>
    [
      model,
      modelName,
      category,
      layer,
      kind,
      cell?.mean ?? '',
      cell?.std ?? '',
      cell?.standardError ?? '',
      cell?.trials ?? 0,
      cell?.images ?? ''
    ]
      .map((value) => String(value).replace(/[\t\r\n]/g, ' '))
      .join('\t')
  )
  return [header, ...lines].join('\n')
}
