/** Logits, parameters and layers by PyTorch: test/fixtures/vit/make_vit.py. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ModelOptions } from '@shared/contract/model'
import { loadClassifier } from '../../../../src/main/architectures'
import { floatImages, largestDifference, logitsOf } from '../../../support/forward'
import { fixture } from '../../../support/golden'
import { readNpy } from '../../../support/npy'
import { readTensors } from '../../../support/safetensors'

interface Entry {
  readonly name: string
  readonly epsilon: number
  readonly parameters: number
  readonly options: ModelOptions
  readonly description: string
  readonly layers?: readonly (readonly [name: string, kind: string, shape: readonly number[]])[]
}

const file = (name: string): string => fixture(`vit/${name}`)
const { models } = JSON.parse(readFileSync(file('index.json'), 'utf8')) as { models: Entry[] }
const images = floatImages(file('input.npy'))
const reference = readNpy(file('logits.npy'))
const CLASSES = 5

describe.each(models.map((entry, i) => ({ ...entry, i, path: file(`${entry.name}.safetensors`) })))(
  '$name',
  ({ i, path, options, epsilon, parameters, description }) => {
    const logits = (reference.data as Float32Array).subarray(2 * i * CLASSES, 2 * (i + 1) * CLASSES)

    it("gives PyTorch's logits", async () => {
      expect(largestDifference(await logitsOf(path, images, options), logits)).toBeLessThan(1e-4)
    })

    it('is recognised with its hyperparameters, every tensor accounted for', async () => {
      const { inspection, model } = await loadClassifier(path, options)
      expect(inspection).toMatchObject({ family: 'vit', missing: [], classes: CLASSES, parameters })
      expect(inspection.architecture).toBe(description)
      expect(inspection.inputShape).toEqual([3, 16, 16])
      expect(inspection.unexpected).toEqual([])
      expect(inspection.warnings.map(({ code }) => code)).not.toContain('heads-assumed')
      const epsilons = model.graph.node
        .filter(({ opType }) => opType === 'LayerNormalization')
        .map(({ attribute }) => attribute.find(({ name }) => name === 'epsilon')?.f)
      expect(new Set(epsilons)).toEqual(new Set([epsilon]))
    })
  }
)

describe.each(models.flatMap(({ layers, ...entry }) => (layers === undefined ? [] : [{ ...entry, layers }])))(
  '$name',
  ({ name: model, options, layers }) => {
    it("has timm's layers with their shapes", async () => {
      const { inspection } = await loadClassifier(file(`${model}.safetensors`), options)
      // Axes of length 1 before a token are timm's alone.
      const row = (name: string, kind: string, shape: readonly number[]): string =>
        `${name} ${kind} ${shape.filter((size) => size > 1).join('×')}`
      expect(inspection.layers.map(({ name, kind, shape }) => row(name, kind, shape)).sort()).toEqual(
        layers.map(([name, kind, shape]) => row(name, kind, shape)).sort()
      )
    })
  }
)

it('translates every naming of one network to the same layers', async () => {
  const names = ['hf_dinov2_registers', 'hf_dinov2_registers_memory', 'dinov2_registers']
  const lists = await Promise.all(
    names.map(async (name) => (await loadClassifier(file(`${name}.safetensors`), { heads: 3 })).layers)
  )
  expect(lists[0]!.map(({ name }) => name)).toContain('blocks.1.attn.qkv')
  for (const list of lists) expect(list.map(({ name }) => name)).toEqual(lists[0]!.map(({ name }) => name))
  expect(readTensors(file('dinov2_registers.safetensors')).has('linear_head.weight')).toBe(true)
})
