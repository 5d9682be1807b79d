/** The layers that are found in graphs of both of PyTorch's exporters, against PyTorch: test/fixtures/graphs. */
import { describe, expect, it } from 'vitest'
import { findLayers, replaceParameters } from '../../../src/main/graph'
import { sizeOf } from '../../../src/main/graph/tensors'
import { perturb } from '../../../src/main/perturbations'
import { exportedModel, exportedNetworks, imagesOf, type TrueLayer } from '../../support/exported'
import { largestDifference, run } from '../../support/forward'
import { layerNamed, withOwnValues } from '../../support/graphs'

/** Exporters compute tables that depend on no input, and lose their names: [49, 2] becomes [1, 2, 16, 16]. */
const isComputed = (file: string, name: string): boolean =>
  file === 'swin_dynamo.onnx' && name.endsWith('_table')

/** Two tokens that are equal, as untrained ones are, share one tensor of one name. */
function nameIn(file: string, { name }: TrueLayer): string {
  if (file === 'fresh_dynamo.onnx' && name === 'dist_token') return 'cls_token#2'
  return isComputed(file, name) ? name.replace(/_table$/, '') : name
}

/** As it is in the graph: a vector along channels is a vector, whatever axes PyTorch gives it. */
function shapeIn({ kind, parameters }: TrueLayer): readonly number[] {
  const [shape = []] = Object.values(parameters)
  return kind === 'scale' ? [sizeOf(shape)] : shape
}

describe.each(exportedNetworks)('$file', ({ file, size, logits, order, layers: truth }) => {
  const model = exportedModel(file)
  const layers = findLayers(model, [1, 3, size, size])
  const images = imagesOf(size)
  const sizes = { n: 2, height: size, width: size }
  // The exporters fold the batch norm behind the first convolution unless they are told not to.
  const folded = /^tied_(script|dynamo)/.test(file) ? ['stem', 'bn1'] : []
  const known = truth.filter(({ name }) => !folded.includes(name))
  const found = layers.filter(({ name }) => !folded.includes(name))

  it("has PyTorch's modules and free parameters, and no others", () => {
    const describeFound = found.map(({ name, kind }) => `${name} ${kind}`)
    const describeTruth = known.map((layer) => `${nameIn(file, layer)} ${layer.kind}`)
    expect(describeFound.toSorted()).toEqual(describeTruth.toSorted())
  })

  it('has them in the order of the forward pass', () => {
    const modules = Object.keys(order)
    expect(layers.map(({ name }) => name).filter((name) => modules.includes(name))).toEqual(
      modules.filter((name) => layers.some((layer) => layer.name === name))
    )
  })

  it("has PyTorch's shapes and counts", () => {
    for (const layer of known.filter(({ name }) => !isComputed(file, name))) {
      const own = layerNamed(layers, nameIn(file, layer))
      expect(own.shape, layer.name).toEqual(shapeIn(layer))
      const count = Object.values(layer.parameters).reduce((sum, shape) => sum + sizeOf(shape), 0)
      expect(own.parameters, layer.name).toBe(count)
    }
  })

  it("counts PyTorch's multiply–adds", () => {
    const own = found.filter(({ name }) => name in order)
    expect(own.map(({ name, macs }) => [name, macs])).toEqual(own.map(({ name }) => [name, order[name]]))
  })

  it("gives PyTorch's logits, also with its own values in place of its own", async () => {
    expect(largestDifference(await run(model, images, sizes), logits)).toBeLessThan(1e-4)
    expect(largestDifference(await run(withOwnValues(model), images, sizes), logits)).toBeLessThan(1e-4)
  })

  it("gives PyTorch's logits when one layer alone is zero", async () => {
    for (const layer of known) {
      const own = layerNamed(layers, nameIn(file, layer))
      const zero = perturb({ kind: 'zero' }, { layer: own, layers, seed: 0, trial: 0 })
      const perturbed = await run(replaceParameters(model, zero), images, sizes)
      expect(largestDifference(perturbed, layer.zeroed), layer.name).toBeLessThan(1e-4)
    }
  })
})
