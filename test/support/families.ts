/** Tests that every family shares. Networks and logits: test/fixtures/make_convolutional.py. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { inspectCheckpoint, loadClassifier } from '../../src/main/architectures'
import type { Execution } from '../../src/main/engine/providers'
import type { ModelOptions } from '../../src/shared/contract/model'
import { floatImages, irregular, largestDifference, logitsOf, run } from './forward'
import { fixture } from './golden'
import { readNpy } from './npy'
import { readTensors } from './safetensors'

export interface FamilyEntry {
  readonly name: string
  /** Kinds by module, as PyTorch's model has them, under its own names. */
  readonly modules: Readonly<Record<string, string>>
  /** Height and width of irregular images; absent: those of the file. */
  readonly size?: number
}

export function familyEntries(family: string): readonly FamilyEntry[] {
  const text = readFileSync(fixture(`${family}/index.json`), 'utf8')
  return (JSON.parse(text) as { models: FamilyEntry[] }).models
}

export const familyFile = (family: string, name: string): string => fixture(`${family}/${name}.safetensors`)

/** Below this, relative to the largest logit, only the order of summation differs. */
const TOLERANCE = 1e-5

export async function logitsOfEntry(
  path: string,
  size: number | undefined,
  options: ModelOptions,
  execution: Execution = {}
): Promise<Float32Array> {
  if (size === undefined) {
    return logitsOf(path, floatImages(fixture('convolutional_input.npy')), options, execution)
  }
  const { model } = await loadClassifier(path, options)
  const one = 3 * size * size
  const images = irregular(2 * one).map((value, i) => (i < one ? value : value / 4))
  return run(model, images, { n: 2, height: size, width: size }, execution)
}

/** @param optionsOf what the user says of a network that its tensors do not. */
export function testLogits(family: string, optionsOf: (name: string) => ModelOptions = () => ({})): void {
  it.each(familyEntries(family))("gives PyTorch's logits: $name", async ({ name, size }) => {
    const logits = await logitsOfEntry(familyFile(family, name), size, optionsOf(name))
    const reference = readNpy(fixture(`${family}/${name}_logits.npy`)).data
    const largest = Math.max(...Array.from(reference as Float32Array, Math.abs))
    expect(largestDifference(logits, reference) / largest).toBeLessThan(TOLERANCE)
  })

  it.each(familyEntries(family))('accounts for every tensor: $name', async ({ name }) => {
    const { inspection } = await inspectCheckpoint(familyFile(family, name), optionsOf(name))
    const names = [...readTensors(familyFile(family, name)).keys()]
    const counters = names.filter((tensor) => tensor.endsWith('num_batches_tracked'))
    expect(inspection.error).toBeUndefined()
    expect(inspection).toMatchObject({ family, missing: [], unexpected: [], prefixes: [] })
    expect(inspection.matched).toBe(names.length - counters.length)
  })
}

/** @param names networks that are saved under the family's own names. @param extras kinds of what is no module. */
export function testLayers(
  family: string,
  names: readonly string[],
  extras: (tensor: string) => readonly [string, string] | null = () => null
): void {
  const entries = familyEntries(family).filter(({ name }) => names.includes(name))
  it.each(entries)('lists the layers by their modules: $name', async ({ name, modules }) => {
    const { layers } = await loadClassifier(familyFile(family, name))
    const tensors = [...readTensors(familyFile(family, name)).keys()]
    const others = tensors.map(extras).filter((extra) => extra !== null)
    const found = Object.fromEntries(layers.map((layer) => [layer.name, layer.kind]))
    expect(found).toEqual({ ...modules, ...Object.fromEntries(others) })
  })
}
