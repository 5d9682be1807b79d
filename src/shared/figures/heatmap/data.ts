import type { Cell } from '../../contract/measurement'
import { mean, populationStd } from '../../statistics/descriptive'
import { orderCategories } from '../palette'

/** A column: a layer, or another unit. */
export interface HeatmapLayer {
  readonly name: string
  readonly kind: string
  /** E.g. `layer1`; null for the stem and the classifier. */
  readonly stage: string | null
}

export interface HeatmapModel {
  readonly id: string
  readonly name: string
  readonly category: string
  /** As the user entered it, a fraction or percent; null where unknown. */
  readonly accuracy: number | null
  readonly layers: readonly HeatmapLayer[]
}

/** Criticality as a fraction, and how well it is known. */
export type HeatmapCell = Omit<Cell, 'layer'>

/** The adaptive protocol had to stop before its target. */
export const needsMore = ({ outcome }: HeatmapCell): boolean => outcome !== null && outcome !== 'reached'

/** More is to come: of a trial that was begun, or of the adaptive protocol. */
export const isProvisional = ({ complete, targetSe, outcome }: HeatmapCell): boolean =>
  !complete || (targetSe !== null && outcome === null)

export type CellLookup = (model: string, layer: string) => HeatmapCell | undefined

/** Mean and population standard deviation, as fractions, of `count` measured cells. */
export interface Summary {
  readonly mean: number
  readonly std: number
  readonly count: number
}

/** Consecutive rows or columns that belong together; `last` is included. */
export interface Group {
  readonly name: string
  readonly first: number
  readonly last: number
}

/** `null`: not measured yet. `undefined`: the model has no such layer. */
export type Entry = HeatmapCell | null | undefined

export interface HeatmapData {
  readonly rows: readonly HeatmapModel[]
  readonly columns: readonly HeatmapLayer[]
  /** [rows][columns] */
  readonly entries: readonly (readonly Entry[])[]
  readonly rowSummaries: readonly (Summary | null)[]
  readonly columnSummaries: readonly (Summary | null)[]
  readonly categories: readonly Group[]
  readonly stages: readonly Group[]
}

/**
 * The layers of several models in network order, each once. A layer that an earlier model lacks comes after the
 * layer that it follows in its own model.
 */
export function mergeLayers(models: readonly HeatmapModel[]): HeatmapLayer[] {
  const merged: HeatmapLayer[] = []
  const known = new Set<string>()
  for (const model of models) {
    let at = 0
    for (const layer of model.layers) {
      if (merged[at]?.name === layer.name) {
        at += 1
      } else if (known.has(layer.name)) {
        at = merged.findIndex((other) => other.name === layer.name) + 1
      } else {
        merged.splice(at, 0, layer)
        known.add(layer.name)
        at += 1
      }
    }
  }
  return merged
}

export const ROW_ORDERS = ['category', 'mean', 'name'] as const
export type RowOrder = (typeof ROW_ORDERS)[number]

const byName = (a: HeatmapModel, b: HeatmapModel): number =>
  a.name.localeCompare(b.name, 'en', { numeric: true }) || a.id.localeCompare(b.id, 'en')

/**
 * @param mean the model's mean criticality; null where nothing is measured (goes last).
 */
export function orderModels(
  models: readonly HeatmapModel[],
  order: RowOrder,
  mean: (model: HeatmapModel) => number | null
): HeatmapModel[] {
  const sorted = [...models].sort(byName)
  if (order === 'name') return sorted
  if (order === 'mean') return sorted.sort((a, b) => (mean(b) ?? -1) - (mean(a) ?? -1))
  const categories = orderCategories(models.map((model) => model.category))
  return sorted.sort((a, b) => categories.indexOf(a.category) - categories.indexOf(b.category))
}

export function summarize(entries: readonly Entry[]): Summary | null {
  const values: number[] = []
  for (const entry of entries) if (entry) values.push(entry.mean)
  if (values.length === 0) return null
  return { mean: mean(values), std: populationStd(values), count: values.length }
}

function groupRuns(names: readonly (string | null)[]): Group[] {
  const groups: Group[] = []
  names.forEach((name, index) => {
    const open = groups.at(-1)
    if (name === null) return
    if (open?.name === name && open.last === index - 1) groups[groups.length - 1] = { ...open, last: index }
    else groups.push({ name, first: index, last: index })
  })
  return groups
}

/** Models of one architecture often share their list; live charts ask for it every frame. */
const namesOfLists = new WeakMap<readonly HeatmapLayer[], ReadonlySet<string>>()

function layerNames(layers: readonly HeatmapLayer[]): ReadonlySet<string> {
  const known = namesOfLists.get(layers)
  if (known) return known
  const names = new Set(layers.map((layer) => layer.name))
  namesOfLists.set(layers, names)
  return names
}

/** Rows and columns in the order given, with what the margins and brackets show. */
export function heatmapData(
  rows: readonly HeatmapModel[],
  columns: readonly HeatmapLayer[],
  cell: CellLookup
): HeatmapData {
  const entries = rows.map((row): Entry[] => {
    const own = layerNames(row.layers)
    return columns.map((column) => (own.has(column.name) ? (cell(row.id, column.name) ?? null) : undefined))
  })
  return {
    rows,
    columns,
    entries,
    rowSummaries: entries.map((row) => summarize(row)),
    columnSummaries: columns.map((_, index) => summarize(entries.map((row) => row[index]))),
    categories: groupRuns(rows.map((row) => row.category)),
    stages: groupRuns(columns.map((column) => column.stage))
  }
}
