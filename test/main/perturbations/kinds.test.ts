/** What algebra says of each perturbation; numbers of PyTorch: test/main/engine/units.test.ts. */
import { describe, expect, it } from 'vitest'
import { unitsIn, type Unit } from '@shared/units'
import { loadClassifier } from '../../../src/main/architectures'
import type { GraphLayer, ParameterRole } from '../../../src/main/graph'
import { perturb, type LayerPerturbation } from '../../../src/main/perturbations'
import { fixture } from '../../support/golden'
import { layerNamed } from '../../support/graphs'
import { fakeLayer } from '../../support/layers'

const golden = (await loadClassifier(fixture('golden/model.safetensors'))).layers
const second = (await loadClassifier(fixture('golden/reinit_trial1.safetensors'))).layers
const vit = (await loadClassifier(fixture('vit/timm.safetensors'), { heads: 3 })).layers
const otherVit = (await loadClassifier(fixture('vit/torchvision.safetensors'), { heads: 3 })).layers

const bits = (values: Float32Array): Uint32Array => new Uint32Array(values.slice().buffer)

/** By parameter, as bits: −0 is not 0. */
function made(
  perturbation: LayerPerturbation,
  unit: Pick<Unit<GraphLayer>, 'members'>,
  layers: readonly GraphLayer[],
  trial = 0
): Record<string, Uint32Array> {
  const replacements = perturb(perturbation, { unit, layers, seed: 3, trial })
  return Object.fromEntries(replacements.map(({ parameter, values }) => [parameter.name, bits(values)]))
}

const whole = (...layers: readonly GraphLayer[]): Pick<Unit<GraphLayer>, 'members'> => ({
  members: layers.map((layer) => ({ layer, rows: null }))
})

function trained(
  layers: readonly GraphLayer[],
  roles: readonly ParameterRole[] = ['weight', 'bias', 'running_mean', 'running_var']
): Record<string, Uint32Array> {
  const tensors = layers.flatMap((layer) => layer.tensors).filter(({ role }) => roles.includes(role))
  return Object.fromEntries(tensors.map((parameter) => [parameter.name, bits(parameter.read())]))
}

const ODD = Float32Array.of(-0, 0, 1.5, -2, NaN, Infinity, -Infinity, 1e-45)
const odd = fakeLayer('odd', 'linear', { weight: [4, 2] }, { weight: ODD })

describe.each(['conv1', 'layer2.0.bn3', 'fc'])('%s', (name) => {
  const layer = layerNamed(golden, name)
  const unit = whole(layer)

  it('is as trained with noise:0', () => {
    expect(made({ kind: 'noise', scale: 0 }, unit, golden)).toEqual(trained([layer], ['weight', 'bias']))
  })

  it.each([
    { kind: 'draw', scheme: 'timm-resnet' },
    { kind: 'checkpoint', source: second }
  ] as const)('is as trained with α = 0, towards a $kind', (towards) => {
    expect(made({ kind: 'interpolate', alpha: 0, towards }, unit, golden)).toEqual(trained([layer]))
  })

  it('is the second checkpoint’s with α = 1', () => {
    const towards = { kind: 'checkpoint', source: second } as const
    const there = made({ kind: 'interpolate', alpha: 1, towards }, unit, golden)
    expect(there).toEqual(made({ kind: 'reinit', source: second }, unit, golden))
    expect(there).toEqual(trained([layerNamed(second, name)]))
  })

  it('is the freshly drawn one with α = 1 towards a draw', () => {
    const towards = { kind: 'draw', scheme: 'torch' } as const
    expect(made({ kind: 'interpolate', alpha: 1, towards }, unit, golden, 5)).toEqual(
      made({ kind: 'randomize', scheme: 'torch' }, unit, golden, 5)
    )
  })

  it('keeps its values, in another order, when shuffled', () => {
    const shuffled = made({ kind: 'shuffle' }, unit, golden)
    const before = trained([layer], ['weight', 'bias'])
    expect(Object.keys(shuffled)).toEqual(Object.keys(before))
    for (const [parameter, values] of Object.entries(shuffled)) {
      expect(values).not.toEqual(before[parameter])
      expect(values.toSorted()).toEqual(before[parameter]!.toSorted())
    }
    expect(made({ kind: 'shuffle' }, unit, golden, 1)).not.toEqual(shuffled)
    expect(made({ kind: 'shuffle' }, unit, golden)).toEqual(shuffled)
  })
})

describe('values that are odd', () => {
  it.each([
    { kind: 'noise', scale: 0 },
    { kind: 'interpolate', alpha: 0, towards: { kind: 'draw', scheme: 'torch' } },
    { kind: 'interpolate', alpha: 1, towards: { kind: 'checkpoint', source: [odd] } },
    { kind: 'reinit', source: [odd] }
  ] as const)('stay bit for bit: %j', (perturbation) => {
    expect(made(perturbation, whole(odd), [odd])['odd.weight']).toEqual(bits(ODD))
  })

  it('stay what they are under noise, whose size is that of the finite ones', () => {
    const noise = (layer: GraphLayer): Float32Array =>
      perturb({ kind: 'noise', scale: 2 }, { layer, layers: [layer], seed: 0, trial: 0 })[0]!.values
    const values = noise(odd)
    expect(values.slice(4, 7)).toEqual(ODD.slice(4, 7))
    expect([0, 1, 2, 3, 7].every((i) => Number.isFinite(values[i]) && values[i] !== ODD[i])).toBe(true)
    expect(noise(fakeLayer('odd', 'linear', { weight: [2] }, { weight: Float32Array.of(NaN, NaN) }))).toEqual(
      Float32Array.of(NaN, NaN)
    )
  })

  it('the trained layer is never written to', () => {
    const weight = Float32Array.of(1, 2, 3, 4, 5, 6)
    const layer = fakeLayer('own.qkv', 'linear', { weight: [6, 1] }, { weight })
    const unit = { members: [{ layer, rows: [2, 4] as const }] }
    for (const kind of ['zero', 'shuffle'] as const) made({ kind }, unit, [layer])
    made({ kind: 'noise', scale: 1 }, unit, [layer])
    made({ kind: 'randomize', scheme: 'torch' }, unit, [layer])
    expect([...weight]).toEqual([1, 2, 3, 4, 5, 6])
  })
})

it.each(['shuffle', 'noise'] as const)('%s changes nothing in a layer of one value', (kind) => {
  const weight = new Float32Array(600).fill(0.25)
  const layer = fakeLayer('constant', 'conv', { weight: [20, 30, 1, 1] }, { weight })
  const perturbation = kind === 'noise' ? { kind, scale: 3 } : { kind }
  expect(made(perturbation, whole(layer), [layer])['constant.weight']).toEqual(bits(weight))
})

it('noise has the fraction of the layer’s own deviation, and nothing to do with the layer', () => {
  const n = 200 * 300
  // Mean 5, population deviation 2.
  const weight = Float32Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 3 : 7))
  const layer = fakeLayer('conv', 'conv', { weight: [200, 300, 1, 1] }, { weight })
  const [{ values } = { values: new Float32Array() }] = perturb(
    { kind: 'noise', scale: 0.1 },
    { layer, layers: [layer], seed: 1, trial: 0 }
  )
  const noise = Array.from(values, (value, i) => value - weight[i]!)
  const mean = noise.reduce((sum, value) => sum + value, 0) / n
  const std = Math.sqrt(noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n)
  expect(Math.abs(mean)).toBeLessThan((4 * 0.2) / Math.sqrt(n))
  expect(Math.abs(std - 0.2)).toBeLessThan((4 * 0.2) / Math.sqrt(2 * n))
  const correlation = noise.reduce((sum, value, i) => sum + value * (weight[i]! - 5), 0) / (n * 0.2 * 2)
  expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(n))
})

it('a step of α lies between both, for every tensor of a batch norm', () => {
  const norm = (values: number): GraphLayer => {
    const roles = ['weight', 'bias', 'running_mean', 'running_var'] as const
    return fakeLayer(
      'bn',
      'norm',
      Object.fromEntries(roles.map((role) => [role, [2]])),
      Object.fromEntries(roles.map((role, i) => [role, Float32Array.of(values, values * (i + 1))]))
    )
  }
  const layer = norm(1)
  const stepped = perturb(
    { kind: 'interpolate', alpha: 0.25, towards: { kind: 'checkpoint', source: [norm(9)] } },
    { layer, layers: [layer], seed: 0, trial: 0 }
  )
  // ¾ · 1 + ¼ · 9 = 3.
  expect(stepped.map(({ values }) => [...values])).toEqual([1, 2, 3, 4].map((times) => [3, 3 * times]))
})

describe('a part', () => {
  const name = 'blocks.1.attn.qkv'
  const layer = layerNamed(vit, name)
  const width = 24
  const part = (letter: string): Unit<GraphLayer> =>
    unitsIn(vit, 'part', null).find((unit) => unit.name === `${name}.${letter}`)!

  it.each([
    { kind: 'randomize', scheme: 'torch' },
    { kind: 'zero' },
    { kind: 'reinit', source: otherVit },
    { kind: 'interpolate', alpha: 0.5, towards: { kind: 'draw', scheme: 'timm-vit' } }
  ] as const)(
    'of $kind is those rows of the whole layer’s, and the trained ones elsewhere',
    (perturbation) => {
      const all = made(perturbation, whole(layer), vit, 2)
      const before = trained([layer])
      expect(Object.keys(before)).toEqual([`${name}.weight`, `${name}.bias`])
      for (const [at, letter] of ['q', 'k', 'v'].entries()) {
        const own = made(perturbation, part(letter), vit, 2)
        for (const [parameter, length] of [
          [`${name}.weight`, width * width],
          [`${name}.bias`, width]
        ] as const) {
          const expected = before[parameter]!.slice()
          expected.set(all[parameter]!.subarray(at * length, (at + 1) * length), at * length)
          expect(own[parameter], letter).toEqual(expected)
        }
      }
      expect(made(perturbation, part('k'), vit, 2)).not.toEqual(before)
    }
  )

  it('is shuffled within its rows', () => {
    const own = made({ kind: 'shuffle' }, part('k'), vit)[`${name}.weight`]!
    const before = trained([layer])[`${name}.weight`]!
    const size = width * width
    const rows = (values: Uint32Array, from: number, to: number): Uint32Array =>
      values.slice(from * size, to * size)
    expect(rows(own, 0, 1)).toEqual(rows(before, 0, 1))
    expect(rows(own, 2, 3)).toEqual(rows(before, 2, 3))
    expect(rows(own, 1, 2)).not.toEqual(rows(before, 1, 2))
    expect(rows(own, 1, 2).toSorted()).toEqual(rows(before, 1, 2).toSorted())
  })
})

describe.each(['block', 'stage'] as const)('a %s', (type) => {
  const unit = unitsIn(golden, type, null).find(
    ({ name }) => name === (type === 'block' ? 'layer2.0' : 'layer2')
  )!

  it('is all its layers, each perturbed as it would be alone', () => {
    for (const perturbation of [
      { kind: 'randomize', scheme: 'timm-resnet' },
      { kind: 'shuffle' },
      { kind: 'reinit', source: second }
    ] as const) {
      const alone = unit.members.map(({ layer }) => made(perturbation, whole(layer), golden, 1))
      const together = made(perturbation, unit, golden, 1)
      expect(together).toEqual(Object.assign({}, ...alone))
      expect(Object.keys(together).length).toBeGreaterThan(unit.members.length)
    }
  })
})
