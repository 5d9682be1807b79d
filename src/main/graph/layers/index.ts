/** Finds the layers of a graph: what has parameters of its own and can be perturbed. */
import { Dataflow } from '../dataflow'
import type { OnnxModel } from '../model'
import { liveNodes } from '../nodes'
import { inferShapes, type Shape } from '../shapes'
import { GraphValues, type Use } from '../values'
import { describe } from './describe'
import { embeddingLayers, Placed, scaleLayer } from './free'
import { linearLayer } from './linear'
import { layerNames, moduleOfNode } from './naming'
import { normLayer } from './norms'
import { isSameLayer, mergeLayers } from './sharing'
import type { Found, GraphLayer } from './types'

export type { GraphLayer, LayerParameter, ParameterRole } from './types'

/**
 * @param input shape of the images, [N, C, H, W], for counting multiply–accumulates; N is 1 unless the graph fixes it.
 * @returns in the order of the graph, names unique. Nodes that no output needs contribute none.
 */
export function findLayers(model: OnnxModel, input: Shape): GraphLayer[] {
  const values = new GraphValues(model.graph)
  const found = withoutTwins(foundIn(values))
  const names = layerNames(found)
  const shapes = inferShapes(model.graph, values, input)
  const layers = found.map((layer, i) => describe(layer, names[i] ?? '', { shapes, images: input[0] ?? 1 }))
  return withDownstreamShares(layers, new Dataflow(model))
}

/** Counts the multiply–accumulates of layers; those of attention and of arithmetic between layers are left aside. */
function withDownstreamShares(layers: readonly GraphLayer[], flow: Dataflow): GraphLayer[] {
  const usesOf = ({ tensors }: GraphLayer): Use[] => tensors.flatMap(({ uses }) => uses)
  const total = layers.reduce((sum, { macs }) => sum + (macs ?? NaN), 0)
  return layers.map((layer) => {
    const reached = new Set(flow.downstream(usesOf(layer)))
    const again = layers
      .filter((other) => usesOf(other).some(({ node }) => reached.has(node)))
      .reduce((sum, { macs }) => sum + (macs ?? NaN), 0)
    const share = again / total
    return { ...layer, downstream: Number.isFinite(share) ? share : null }
  })
}

function foundIn(values: GraphValues): Found[] {
  const live = liveNodes(values.graph)
  const nodes = [...values.graph.node.entries()].filter(([index]) => live[index])
  const found = nodes.flatMap(([index, node]) => {
    const layer = linearLayer(node, index, values) ?? normLayer(node, index, values)
    return layer === null ? [] : [layer]
  })
  const placed = new Placed(values, found)
  for (const [index, node] of nodes) {
    const scale = scaleLayer(node, index, values, placed)
    const layers = scale === null ? embeddingLayers(node, index, values, placed) : [scale]
    for (const layer of layers) placed.claim(layer.parts)
    found.push(...layers)
  }
  return found.toSorted((a, b) => a.index - b.index)
}

function withoutTwins(found: readonly Found[]): Found[] {
  const kept: Found[] = []
  for (const layer of found) {
    const twin = kept.find((other) => isSameLayer(other, layer, ({ node }) => moduleOfNode(node)))
    if (twin === undefined) kept.push(layer)
    else mergeLayers(twin, layer)
  }
  return kept
}
