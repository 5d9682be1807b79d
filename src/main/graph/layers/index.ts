/** Finds the layers of a graph: what has parameters of its own and can be perturbed. */
import type { OnnxModel } from '../model'
import { inferShapes, type Shape } from '../shapes'
import { GraphValues } from '../values'
import { describe } from './describe'
import { layerNames } from './naming'
import { layerOf } from './operators'
import { shareWeight } from './sharing'
import type { Found, GraphLayer } from './types'

export type { GraphLayer, LayerParameter, ParameterRole } from './types'

/**
 * @param input shape of one image, [1, C, H, W], for counting multiply–accumulates.
 * @returns in the order of the graph, names unique.
 */
export function findLayers(model: OnnxModel, input: Shape): GraphLayer[] {
  const values = new GraphValues(model.graph)
  const found: Found[] = []
  model.graph.node.forEach((node, index) => {
    const layer = layerOf(node, index, values)
    if (layer === null) return
    const twin = found.find((other) => shareWeight(other, layer))
    if (twin === undefined) found.push(layer)
    else
      for (const part of twin.parts)
        part.uses.push(...(layer.parts.find((p) => p.tensor === part.tensor)?.uses ?? []))
  })
  const names = layerNames(found)
  const shapes = inferShapes(model.graph, values, input)
  return found.map((layer, i) => describe(layer, names[i] ?? '', shapes))
}
