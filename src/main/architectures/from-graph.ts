/** From an ONNX file to a network that takes images and gives logits. */
import type { ModelOptions, Normalization, Warning } from '@shared/contract/model'
import type { GraphCheckpoint } from '../checkpoints'
import {
  refuseQuantised,
  subgraphsWithWeights,
  withImageInput,
  withLogarithm,
  withOneOutput,
  withoutFunctions,
  withoutSoftmax,
  type OnnxModel
} from '../graph'
import type { Network } from './network'
import { configNormalization, normalizationOf, normalizationWarnings } from './normalization'
import type { Report } from './report'

const SOFTMAX_REMOVED: Warning = {
  code: 'softmax-removed',
  message: 'The graph ends in a softmax; it was taken off, so that the output is logits.'
}

const PROBABILITIES: Warning = {
  code: 'probabilities',
  message: 'The graph puts out probabilities: they are used as they are, their logarithm as logits.'
}

const PIXELS: Warning = {
  code: 'pixel-input',
  message: 'The graph takes pixels of 0 to 255 and normalises them itself: it gets them as they are.'
}

/** What makes pixels of 0 to 255 of pixels in [0, 1]. */
const AS_PIXELS: Normalization = {
  mean: [0, 0, 0],
  std: [1 / 255, 1 / 255, 1 / 255],
  source: 'file'
}

/** Where the graph takes any size. */
const USUAL_SIZE = 224

/** @throws GRAPH_UNSUPPORTED, OPTION_INVALID. */
export function fromGraph(
  { model, files, config }: GraphCheckpoint,
  options: ModelOptions,
  report: Report
): Network {
  report.update({
    normalization: normalizationOf(options),
    preprocessing: config?.preprocessing ?? null,
    architecture: `ONNX graph of ${String(model.graph.node.length)} nodes`,
    tensors: model.graph.initializer.length
  })
  const { model: cut, outputs, chosen, alike } = withOneOutput(withoutFunctions(model), options.output)
  if (outputs.length > 1) {
    report.update({ outputs: outputs.map(({ name, shape }) => ({ name, shape: [...shape] })) })
  }
  if (alike.length > 0) report.warn(severalOutputs(chosen, alike))
  refuseQuantised(cut)
  const { model: fed, pixels } = withImageInput(cut)
  const normalization = normalizationOf(options, [pixels ? AS_PIXELS : null, configNormalization(config)])
  report.update({ normalization })
  report.warn(...normalizationWarnings(normalization), ...(pixels ? [PIXELS] : []))
  warnOfSubgraphs(fed, report)
  return { model: withLogits(fed, report), inputSize: USUAL_SIZE, files }
}

function withLogits(model: OnnxModel, report: Report): OnnxModel {
  const logits = withoutSoftmax(model)
  if (logits !== null) {
    report.warn(SOFTMAX_REMOVED)
    return logits
  }
  const logarithm = withLogarithm(model)
  if (logarithm !== null) report.warn(PROBABILITIES)
  return logarithm ?? model
}

function severalOutputs(chosen: string, others: readonly string[]): Warning {
  const list = others.map((name) => `"${name}"`).join(', ')
  const message = `Several outputs may be the logits: "${chosen}" is taken; others are ${list}. The option output chooses.`
  return { code: 'several-outputs', message }
}

function warnOfSubgraphs(model: OnnxModel, report: Report): void {
  const operators = [...new Set(subgraphsWithWeights(model))]
  if (operators.length === 0) return
  const message = `Weights in graphs within the graph (${operators.join(', ')}) are not found as layers.`
  report.warn({ code: 'layers-in-subgraphs', message })
}
