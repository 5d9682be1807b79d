/** Tiny graphs, and what is done with them in tests. */
import { create } from '@bufbuild/protobuf'
import {
  findLayers,
  GraphBuilder,
  replaceParameters,
  type GraphLayer,
  type OnnxModel
} from '../../src/main/graph'
import type { NodeProto } from '../../src/main/graph/model'
import { NodeProtoSchema, OperatorSetIdProtoSchema } from '../../src/main/graph/proto/onnx_pb'

export { floatPort as floatValue } from '../../src/main/graph/declarations'

/** Images → mean of each channel → `head` → logits [N, classes]. */
export function classifier(
  classes: number,
  head: (graph: GraphBuilder, features: string) => string
): OnnxModel {
  const graph = new GraphBuilder()
  const pooled = graph.node('GlobalAveragePool', 'pool', ['images'])
  const features = graph.node('Flatten', 'flatten', [pooled], { axis: 1 })
  const model = graph.finish('images', 3, head(graph, features), classes)
  // Where ReduceMean still has its axes as an attribute, as most files do.
  return { ...model, opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 17n })] }
}

export const layersOf = (model: OnnxModel, size = 4): GraphLayer[] => findLayers(model, [1, 3, size, size])

export function layerNamed(layers: readonly GraphLayer[], name: string): GraphLayer {
  const layer = layers.find((candidate) => candidate.name === name)
  if (layer === undefined) throw new Error(`no "${name}" among ${layers.map((l) => l.name).join(', ')}`)
  return layer
}

/** The model with every parameter replaced by its own values: must compute the same. */
export function withOwnValues(model: OnnxModel): OnnxModel {
  const tensors = layersOf(model).flatMap((layer) => layer.tensors)
  return replaceParameters(
    model,
    tensors.map((parameter) => ({ parameter, values: parameter.read() }))
  )
}

/** One image whose channels are constant: their means are the channels' values. */
export function constantImages(rows: readonly (readonly number[])[], size = 4): Float32Array {
  return Float32Array.from(
    rows.flatMap((row) => row.flatMap((value) => Array<number>(size * size).fill(value)))
  )
}

/** x Wᵀ + b, row by row; W is [out, in] row-major. */
export function affine(
  rows: readonly (readonly number[])[],
  weight: ArrayLike<number>,
  bias: ArrayLike<number>
): number[] {
  return rows.flatMap((row) =>
    Array.from({ length: bias.length }, (_, o) =>
      row.reduce((sum, x, i) => sum + x * weight[o * row.length + i]!, bias[o]!)
    )
  )
}

export function node(opType: string, name: string, input: string[], output: string[]): NodeProto {
  return create(NodeProtoSchema, { opType, name, input, output })
}
