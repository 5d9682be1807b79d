/** From an ONNX file to a network that takes images and gives logits. */
import type { ModelOptions, Warning } from '@shared/contract/model'
import type { GraphCheckpoint } from '../checkpoints'
import { withoutSoftmax } from '../graph'
import type { Network } from './network'
import { normalizationOf, normalizationWarnings } from './normalization'
import type { Report } from './report'

const SOFTMAX_REMOVED: Warning = {
  code: 'softmax-removed',
  message: 'The graph ends in a softmax; it was taken off, so that the output is logits.'
}

/** Where the graph takes any size. */
const USUAL_SIZE = 224

/** @throws GRAPH_UNSUPPORTED, OPTION_INVALID. */
export function fromGraph({ model, files }: GraphCheckpoint, options: ModelOptions, report: Report): Network {
  const normalization = normalizationOf(options)
  report.update({
    normalization,
    architecture: `ONNX graph of ${String(model.graph.node.length)} nodes`,
    tensors: model.graph.initializer.length
  })
  report.warn(...normalizationWarnings(normalization))
  const logits = withoutSoftmax(model)
  if (logits !== null) report.warn(SOFTMAX_REMOVED)
  return { model: logits ?? model, inputSize: USUAL_SIZE, files }
}
