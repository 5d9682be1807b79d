/** Whether an exporter has folded batch norms into the convolutions before them. */
import { moduleOfNode } from './layers/naming'
import type { NodeProto, OnnxModel } from './model'
import { liveNodes } from './nodes'
import { inferShapes } from './shapes'
import { guessedInput } from './ports/output'
import { GraphValues } from './values'

/**
 * PyTorch's newer exporter notes it at the convolution; its older one gives folded weights names of its own. Others
 * leave a gap where the batch norm was: the activation behind the convolution stands two places on in its sequence,
 * or belongs to the norm's module. Without names, a residual network whose convolutions all have a bias and that has
 * not one normalisation is taken for folded; VGG-like networks without batch norm have no sums.
 */
export function batchNormsFolded(model: OnnxModel): boolean {
  const live = liveNodes(model.graph)
  const nodes = model.graph.node.filter((_, index) => live[index])
  const convolutions = nodes.filter(({ opType }) => /^(Fused)?Conv(Transpose)?$/.test(opType))
  const values = new GraphValues(model.graph)
  return (
    nodes.some(isNoted) ||
    convolutions.some((node) => isRenamed(node) || leavesGap(node, nodes, values)) ||
    isResidualWithoutNorms(nodes, convolutions, values)
  )
}

function isNoted({ opType, metadataProps }: NodeProto): boolean {
  if (!/^(Conv|ConvTranspose|Gemm|MatMul)$/.test(opType)) return false
  return metadataProps.some(({ value }) => /FuseBatchNorm|_batch_norm/.test(value))
}

/** `onnx::Conv_31` for weight and bias: what was not touched keeps its name. */
function isRenamed({ input: [, weight = '', bias = ''] }: NodeProto): boolean {
  const invented = /^onnx::Conv(Transpose)?_\d+$/
  return invented.test(weight) && invented.test(bias)
}

function leavesGap(node: NodeProto, nodes: readonly NodeProto[], values: GraphValues): boolean {
  if ((node.input[2] ?? '') === '') return false
  const [use] = values.usesOf(node.output[0] ?? '')
  const next = use === undefined ? undefined : values.graph.node[use.node]
  const path = moduleOfNode(node)
  const follower = next === undefined ? null : moduleOfNode(next)
  if (next === undefined || path === null || follower === null || !isActivation(next)) return false
  const inNorm = follower.split('.').some((segment) => /^(bn|batch_?norm)\d*$/i.test(segment))
  if (inNorm) return true
  const [, sequence = '', place = ''] = /^(.*\.)(\d+)$/.exec(path) ?? []
  const [, nextPlace = ''] = follower.startsWith(sequence)
    ? (/^(\d+)(\.|$)/.exec(follower.slice(sequence.length)) ?? [])
    : []
  if (place === '' || nextPlace === '' || Number(nextPlace) !== Number(place) + 2) return false
  const between = `${sequence}${String(Number(place) + 1)}`
  return !nodes.some((other) => `${moduleOfNode(other) ?? ''}.`.startsWith(`${between}.`))
}

function isActivation({ opType }: NodeProto): boolean {
  return /^(Relu|LeakyRelu|PRelu|Clip|Sigmoid|HardSigmoid|HardSwish|Elu|Selu|Gelu|Mish|Swish)$/.test(opType)
}

function isResidualWithoutNorms(
  nodes: readonly NodeProto[],
  convolutions: readonly NodeProto[],
  values: GraphValues
): boolean {
  // Older operator sets write a layer norm out: its square root is in no network without normalisation.
  if (nodes.some(({ opType }) => /(Normalization|^GroupNorm|^Sqrt)$/.test(opType))) return false
  const biased = convolutions.every((node) => (node.input[2] ?? '') !== '')
  if (convolutions.length === 0 || !biased) return false
  const shapes = inferShapes(values.graph, values, guessedInput(values))
  return nodes.some(
    ({ opType, input, output: [sum = ''] }) =>
      opType === 'Add' && input.every((name) => values.varies(name)) && (shapes.get(sum)?.length ?? 4) === 4
  )
}
