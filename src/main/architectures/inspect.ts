/** From a checkpoint file to a classifier: what it is, whether all of it was understood, and its graph. */
import type { Inspection, LayerInfo, ModelOptions, Warning } from '@shared/contract/model'
import { LinchpinError, toProblem } from '@shared/errors'
import { openCheckpoint, type Checkpoint } from '../checkpoints'
import { findLayers, signatureOf, type GraphLayer, type OnnxModel, type Signature } from '../graph'
import { batchNormsFolded } from '../graph/folding'
import { FiniteCheck } from './finite'
import { fromGraph } from './from-graph'
import { fromStateDict } from './from-state-dict'
import { familyOf } from './graph-family'
import { Report } from './report'

/** A model that can be run and measured. */
export interface Classifier {
  readonly model: OnnxModel
  readonly layers: readonly GraphLayer[]
  readonly signature: Signature
  readonly files: readonly string[]
  readonly inspection: Inspection
}

export interface Inspected {
  readonly inspection: Inspection
  /** Null when the inspection has an error. */
  readonly classifier: Classifier | null
}

const BATCH_NORM_FOLDED: Warning = {
  code: 'batch-norm-folded',
  message:
    'Batch norms seem folded into the convolutions: these are no longer the layers that were trained, and fresh weights have the wrong scale. Import the checkpoint itself, or randomise with the scheme "matched".'
}

/** What a file is. Does not throw for a bad file: the reason is in `inspection.error`. */
export async function inspectCheckpoint(path: string, options: ModelOptions = {}): Promise<Inspected> {
  const report = new Report(path)
  let checkpoint: Checkpoint | null = null
  try {
    checkpoint = await openCheckpoint(path, { weights: options.weights })
    const { format, container } = checkpoint
    report.update({ format, container, reading: options })
    const { model, inputSize, files } =
      checkpoint.kind === 'graph'
        ? fromGraph(checkpoint, options, report)
        : await fromStateDict(checkpoint, options, report)
    const signature = signatureOf(model)
    const { batch, height, width } = signature
    const layers = findLayers(model, [batch ?? 1, 3, height ?? inputSize, width ?? inputSize])
    if (checkpoint.kind === 'graph') {
      checkFinite(layers, report)
      const matched = layers.reduce((sum, layer) => sum + layer.tensors.length, 0)
      report.update({ family: familyOf(layers), matched })
    }
    report.update({
      classes: signature.classes ?? layers.findLast((layer) => layer.kind === 'linear')?.shape[0] ?? null,
      inputShape: [signature.channels, height, width],
      parameters: layers.reduce((sum, layer) => sum + layer.parameters, 0),
      layers: layers.map(layerInfo)
    })
    if (batchNormsFolded(model)) report.warn(BATCH_NORM_FOLDED)
    if (layers.length === 0) {
      throw new LinchpinError('GRAPH_UNSUPPORTED', 'It has no layer with weights.')
    }
    const { inspection } = report
    return { inspection, classifier: { model, layers, signature, files, inspection } }
  } catch (error) {
    return { inspection: { ...report.inspection, error: toProblem(error) }, classifier: null }
  } finally {
    await checkpoint?.close()
  }
}

function checkFinite(layers: readonly GraphLayer[], report: Report): void {
  const check = new FiniteCheck()
  for (const { tensors } of layers) for (const tensor of tensors) check.add(tensor.name, tensor.read())
  check.finish(report)
}

function layerInfo({ tensors: _, ...info }: GraphLayer): LayerInfo {
  return info
}
