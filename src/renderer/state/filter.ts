import type { HeatmapLayer, HeatmapModel } from '@shared/figures/heatmap/data'

export interface Matched {
  readonly models: readonly HeatmapModel[]
  readonly layers: readonly HeatmapLayer[]
}

/**
 * Words narrow models (by name and category), layers (by name), or both, whichever they occur in; a word that
 * occurs nowhere leaves nothing.
 */
export function matches(
  text: string,
  models: readonly HeatmapModel[],
  layers: readonly HeatmapLayer[]
): Matched {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  let shown: Matched = { models, layers }
  for (const word of words) {
    const byModel = models.filter((model) => `${model.name} ${model.category}`.toLowerCase().includes(word))
    const byLayer = layers.filter((layer) => layer.name.toLowerCase().includes(word))
    if (byModel.length === 0 && byLayer.length === 0) return { models: [], layers: [] }
    shown = {
      models: byModel.length === 0 ? shown.models : shown.models.filter((model) => byModel.includes(model)),
      layers: byLayer.length === 0 ? shown.layers : shown.layers.filter((layer) => byLayer.includes(layer))
    }
  }
  return shown
}
