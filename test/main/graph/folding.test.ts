/** Batch norms that PyTorch's exporters fold, and networks that have none: test/fixtures/graphs. */
import { describe, expect, it } from 'vitest'
import { inspectCheckpoint } from '../../../src/main/architectures'
import { batchNormsFolded } from '../../../src/main/graph/folding'
import { withGraph, type OnnxModel } from '../../../src/main/graph/model'
import { exportedFile, exportedModel, exportedNetworks, foldings, ports } from '../../support/exported'

it.each(foldings)('%s: batch norms are folded: %s', async (file, folded) => {
  const { inspection } = await inspectCheckpoint(exportedFile(file))
  const warning = inspection.warnings.find(({ code }) => code === 'batch-norm-folded')
  expect(warning !== undefined).toBe(folded)
  expect(inspection.error).toBeUndefined()
})

it.each(exportedNetworks)('$file has none folded, unless its first one', ({ file }) => {
  expect(batchNormsFolded(exportedModel(file))).toBe(/^tied_(script|dynamo)/.test(file))
})

it.each(ports)('$file has none folded', async ({ file }) => {
  const { inspection } = await inspectCheckpoint(exportedFile(file))
  expect(inspection.warnings.map(({ code }) => code)).not.toContain('batch-norm-folded')
})

/** As other tools fold: weights keep their names, and nothing is noted. */
function withoutTraces(model: OnnxModel): OnnxModel {
  const known = (name: string): string => name.replace(/^onnx::/, 'folded_')
  return withGraph(model, {
    ...model.graph,
    initializer: model.graph.initializer.map((tensor) => ({ ...tensor, name: known(tensor.name) })),
    node: model.graph.node.map((node) => ({
      ...node,
      input: node.input.map(known),
      metadataProps: []
    }))
  })
}

describe('without names of weights and notes', () => {
  it.each([
    // A gap in a sequence; an activation that is part of the norm's module; sums.
    ['vgg_bn_script.onnx', true],
    ['act_in_norm_script.onnx', true],
    ['efficientnet_script.onnx', true],
    ['vgg_script.onnx', false],
    ['norms_script.onnx', false],
    ['convnext_script.onnx', false],
    ['vit_script.onnx', false]
  ])('%s: %s', (file, folded) => {
    expect(batchNormsFolded(withoutTraces(exportedModel(file)))).toBe(folded)
  })
})
