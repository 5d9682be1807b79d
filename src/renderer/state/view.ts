import { computed, shallowRef } from 'vue'
import { LAYER_KINDS, type LayerInfo, type LayerKind, type Model } from '@shared/contract/model'
import type { Series } from '@shared/contract/measurement'
import { allUnits, haveKinds, unitColumns } from '@shared/figures/heatmap/columns'
import {
  heatmapData,
  mergeLayers,
  orderModels,
  summarize,
  type HeatmapLayer,
  type HeatmapModel,
  type RowOrder
} from '@shared/figures/heatmap/data'
import { categoryColors, orderCategories } from '@shared/figures/palette'
import type { Unit, UnitType } from '@shared/units'
import { matches } from './filter'
import type { StudyState } from './study'

export type Selection =
  | { readonly type: 'cell'; readonly model: string; readonly layer: string }
  | { readonly type: 'model'; readonly model: string }
  | { readonly type: 'layer'; readonly layer: string }

export type Tab = 'heatmap' | 'table'

function heatmapModel(model: Model, unit: UnitType, kinds: readonly LayerKind[] | null): HeatmapModel {
  const { accuracy } = model.attributes
  return {
    id: model.id,
    name: model.name,
    category: model.category,
    accuracy: typeof accuracy === 'number' ? accuracy : null,
    layers: unitColumns(model.layers, unit, kinds)
  }
}

/** What the user chose to see of a study: nothing here is stored in it. */
export class StudyView {
  readonly tab = shallowRef<Tab>('heatmap')
  readonly selection = shallowRef<Selection | null>(null)
  readonly filter = shallowRef('')
  readonly kinds = shallowRef<ReadonlySet<LayerKind>>(new Set<LayerKind>(['conv', 'linear']))
  readonly order = shallowRef<RowOrder>('category')
  /** Models that are not ticked. */
  readonly hidden = shallowRef<ReadonlySet<string>>(new Set())
  private readonly chosenSeries = shallowRef<string | null>(null)
  private readonly study: StudyState

  constructor(study: StudyState) {
    this.study = study
  }

  /** The chosen series, or else the one being measured, or the one with most measurements. */
  readonly series = computed((): Series | null => {
    const all = this.study.series.value
    const named = [this.chosenSeries.value, this.study.measuring.value]
    for (const id of named) {
      const found = all.find((series) => series.id === id)
      if (found) return found
    }
    return all.reduce<Series | null>(
      (best, series) => (best === null || series.measurements > best.measurements ? series : best),
      null
    )
  })

  /** What the series shown perturbed at once: the columns. */
  readonly unit = computed((): UnitType => this.series.value?.unit ?? 'layer')

  /** Kinds that it perturbed in blocks and stages; null: all. As text, it is equal when nothing changed. */
  private readonly kindsText = computed(() => this.series.value?.kinds?.join(' ') ?? null)
  private readonly kindsWithin = computed((): LayerKind[] | null => {
    const kinds = this.kindsText.value?.split(' ')
    return kinds === undefined ? null : LAYER_KINDS.filter((kind) => kinds.includes(kind))
  })

  readonly categories = computed(() =>
    orderCategories(this.study.models.value.map((model) => model.category))
  )
  readonly colors = computed(() => categoryColors(this.categories.value))

  private readonly included = computed((): HeatmapModel[] =>
    this.study.models.value
      .filter((model) => !this.hidden.value.has(model.id))
      .map((model) => heatmapModel(model, this.unit.value, this.kindsWithin.value))
  )

  /** Kinds that the study's models have, in a fixed order; none where the units shown have none. */
  readonly kindsPresent = computed((): LayerKind[] => {
    if (!haveKinds(this.unit.value)) return []
    const present = new Set(
      this.study.models.value.flatMap((model) => model.layers.map((layer) => layer.kind))
    )
    return LAYER_KINDS.filter((kind) => present.has(kind))
  })

  private readonly columns = computed((): HeatmapLayer[] => {
    const kinds: ReadonlySet<string> = this.kinds.value
    const all = mergeLayers(this.included.value)
    return haveKinds(this.unit.value) ? all.filter((layer) => kinds.has(layer.kind)) : all
  })

  private readonly shown = computed(() => matches(this.filter.value, this.included.value, this.columns.value))

  /** What the heatmap and the tables show. */
  readonly data = computed(() => {
    const { models, layers } = this.shown.value
    const series = this.series.value?.id
    const cell = (model: string, layer: string) =>
      series === undefined ? undefined : this.study.cell(series, model, layer)
    const mean = (model: HeatmapModel): number | null =>
      summarize(layers.map((layer) => cell(model.id, layer.name)))?.mean ?? null
    return heatmapData(orderModels(models, this.order.value, mean), layers, cell)
  })

  /** A model's unit by its name, of those that the series perturbs; undefined: it has none. */
  unitNamed(layers: readonly LayerInfo[], name: string): Unit | undefined {
    return allUnits(layers, this.unit.value, this.kindsWithin.value).find((unit) => unit.name === name)
  }

  /** Whether the series shown has any cell. */
  readonly measured = computed(() => (this.series.value?.measurements ?? 0) > 0)

  /** Null: whichever is being measured. */
  chooseSeries(id: string | null): void {
    this.chosenSeries.value = id
  }

  setIncluded(model: string, included: boolean): void {
    const hidden = new Set(this.hidden.value)
    if (included) hidden.delete(model)
    else hidden.add(model)
    this.hidden.value = hidden
  }

  setKind(kind: LayerKind, shown: boolean): void {
    const kinds = new Set(this.kinds.value)
    if (shown) kinds.add(kind)
    else kinds.delete(kind)
    this.kinds.value = kinds
  }

  /** Moves the selected cell; without one, selects the first. */
  move(columns: number, rows: number): void {
    const { rows: models, columns: layers } = this.data.value
    if (models.length === 0 || layers.length === 0) return
    const selection = this.selection.value
    const row = selection && 'model' in selection ? models.findIndex(({ id }) => id === selection.model) : -1
    const column =
      selection && 'layer' in selection ? layers.findIndex(({ name }) => name === selection.layer) : -1
    const inside = (value: number, length: number): number => Math.min(length - 1, Math.max(0, value))
    const known = row >= 0 && column >= 0
    const model = models[inside(known ? row + rows : row, models.length)]
    const layer = layers[inside(known ? column + columns : column, layers.length)]
    if (model && layer) this.selection.value = { type: 'cell', model: model.id, layer: layer.name }
  }
}
