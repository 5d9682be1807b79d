/** A layer of the graph is the tensors of the file: changing either gives the same logits. */
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { loadClassifier } from '../../../../src/main/architectures'
import { replaceParameters } from '../../../../src/main/graph'
import { temporaryFolder } from '../../../support/folder'
import { largestDifference, run } from '../../../support/forward'
import { fixture } from '../../../support/golden'
import { float32Tensor, readTensors, writeTensors } from '../../../support/safetensors'

const SIZE = { n: 2, height: 16, width: 16 }

function pixels(): Float32Array {
  const bytes = readFileSync(fixture('vit/input.npy'))
  return new Float32Array(new Uint8Array(bytes.subarray(10 + bytes.readUInt16LE(8))).buffer)
}

/** Of a layer's parameter: the graph has no number of its own for tokens and LayerScale. */
function tensorName(parameter: string, names: ReadonlySet<string>): string {
  const module = parameter.replace(/\.weight$/, '')
  return [parameter, module, `${module}.gamma`].find((name) => names.has(name)) ?? parameter
}

it.each(['timm_registers_average', 'timm_scaled_norms'])('%s', async (model) => {
  const path = fixture(`vit/${model}.safetensors`)
  const tensors = readTensors(path)
  const names = new Set(tensors.keys())
  const options = { heads: 3 }
  const { model: graph, layers } = await loadClassifier(path, options)
  const images = pixels()
  const original = await run(graph, images, SIZE)
  const parameters = layers.flatMap((layer) => layer.tensors)
  expect(new Set(parameters.map(({ name }) => tensorName(name, names)))).toEqual(names)
  const folder = temporaryFolder()
  for (const parameter of parameters) {
    const values = parameter.read().map((value, i) => 0.7 * value + 0.3 * Math.sin(i))
    const name = tensorName(parameter.name, names)
    const { shape } = tensors.get(name)!
    const changed = writeTensors(
      join(folder, 'changed.safetensors'),
      new Map([...tensors, [name, float32Tensor(shape, values)]])
    )
    const expected = await run((await loadClassifier(changed, options)).model, images, SIZE)
    const found = await run(replaceParameters(graph, [{ parameter, values }]), images, SIZE)
    expect(largestDifference(found, expected), name).toBeLessThan(1e-5)
    // Softmax forgets what is added to all scores of a query.
    if (!name.endsWith('k_norm.bias')) {
      expect(largestDifference(found, original), name).toBeGreaterThan(1e-4)
    }
  }
})
