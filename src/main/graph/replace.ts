import { transpose } from './arrays'
import type { LayerParameter } from './layers'
import { withGraph, type NodeProto, type OnnxModel, type TensorProto } from './model'
import { changed, valuesUsedBy } from './nodes'
import { tensorOf } from './tensors'

export interface Replacement {
  readonly parameter: LayerParameter
  /** Row-major float32 in the parameter's shape. */
  readonly values: Float32Array
}

/**
 * The model with other values for some parameters, in the number format that the graph takes. Only the node inputs
 * that belong to the parameter are led to the new tensor: another layer that shares the old one keeps it. The given
 * model does not change.
 */
export function replaceParameters(model: OnnxModel, replacements: readonly Replacement[]): OnnxModel {
  const nodes: NodeProto[] = [...model.graph.node]
  const added: TensorProto[] = []
  replacements.forEach(({ parameter, values }, i) => {
    const { layout, shape, uses } = parameter
    const name = `linchpin::${String(i)}::${parameter.name}`
    const stored = layout.transposed ? transpose(values, shape) : values
    added.push(tensorOf(name, layout.shape, layout.dataType, stored))
    for (const use of uses) {
      const node = nodes[use.node]
      if (node !== undefined) {
        nodes[use.node] = changed(node, { input: node.input.with(use.input, name) })
      }
    }
  })
  const used = new Set([...nodes.flatMap(valuesUsedBy), ...model.graph.output.map((output) => output.name)])
  const unused = new Set(
    model.graph.initializer.map((tensor) => tensor.name).filter((name) => !used.has(name))
  )
  return withGraph(model, {
    ...model.graph,
    node: nodes,
    // Old files list their weights as inputs, too: one that lost its value would have to be fed.
    input: model.graph.input.filter((input) => !unused.has(input.name)),
    initializer: [...model.graph.initializer.filter((tensor) => !unused.has(tensor.name)), ...added]
  })
}
