/** What in a graph keeps layers from being found. */
import { LinchpinError } from '@shared/errors'
import type { GraphProto, OnnxModel } from './model'
import { subgraphsOf, valuesUsedBy } from './nodes'
import { isFloating, shapeOf, sizeOf } from './tensors'
import { GraphValues } from './values'

const QUANTISED =
  /^(Dynamic)?(QuantizeLinear|DequantizeLinear)$|^QLinear|^QGemm$|^QAttention$|^(MatMulInteger|ConvInteger|DynamicQuantizeMatMul|MatMulNBits|MatMulInteger16)/

/** @throws GRAPH_UNSUPPORTED when weights are stored as quantised numbers. */
export function refuseQuantised({ graph }: OnnxModel): void {
  const node = graph.node.find(({ opType }) => QUANTISED.test(opType))
  if (node === undefined) return
  throw new LinchpinError('GRAPH_UNSUPPORTED', `It is quantised: it has nodes of type "${node.opType}".`, {
    fix: 'Import the model as it was before quantisation.'
  })
}

/** Fewer values than this are sizes and factors, not weights. */
const FEW = 16

/** Operators with graphs of their own (If, Loop, Scan) that hold weights: no layer is found in there. */
export function subgraphsWithWeights({ graph }: OnnxModel): string[] {
  const values = new GraphValues(graph)
  const isWeight = (name: string): boolean => {
    const tensor = values.stored(name)
    return tensor !== null && isFloating(tensor.dataType) && sizeOf(shapeOf(tensor)) >= FEW
  }
  return graph.node
    .filter((node) => {
      const inner = subgraphsOf(node)
      const outer = valuesUsedBy(node).filter((name) => !node.input.includes(name))
      return inner.length > 0 && (inner.some(hasWeights) || outer.some(isWeight))
    })
    .map(({ opType }) => opType)
}

function hasWeights(graph: GraphProto): boolean {
  const constants = graph.node.flatMap(({ attribute }) =>
    attribute.flatMap(({ t }) => (t === undefined ? [] : [t]))
  )
  return (
    [...graph.initializer, ...constants].some(
      (tensor) => isFloating(tensor.dataType) && sizeOf(shapeOf(tensor)) >= FEW
    ) || graph.node.some((node) => subgraphsOf(node).some(hasWeights))
  )
}
