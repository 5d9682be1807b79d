/** Against PyTorch and timm: formulas beside what 300 seeds of theirs gave, test/fixtures/make_perturbations.py. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { GraphLayer, ParameterRole } from '../../../src/main/graph'
import { perturb, schemeFor, type DrawScheme } from '../../../src/main/perturbations'
import { isLastNormOfBlock } from '../../../src/main/perturbations/schemes'
import { fixture } from '../../support/golden'
import { fakeLayer } from '../../support/layers'

interface Distribution {
  readonly module: string
  readonly tensor: string
  readonly shape: number[]
  readonly formula: { kind: 'normal' | 'uniform'; mean: number; std: number; bound?: number }
  readonly observed: { std: number; std_standard_error: number }
}

const reference = JSON.parse(readFileSync(fixture('perturbations/expected.json'), 'utf8')) as {
  distributions: Distribution[]
  zero_initialised_batch_norms: Record<string, string[]>
  constants: Record<string, Record<string, number>>
}

function schemeOf(module: string): DrawScheme | null {
  if (module.startsWith('torch ')) return 'torch'
  if (/^(timm|torchvision) ResNet/.test(module)) return 'timm-resnet'
  return module === 'timm VisionTransformer' ? 'timm-vit' : null
}

/** `layer1.0.bn1.weight` is the weight of layer1.0.bn1; `weight` alone that of a module by itself. */
function split(tensor: string): { layer: string; role: ParameterRole } {
  const [, layer = '', role = ''] = /^(?:(.*)\.)?([^.]+)$/.exec(tensor) ?? []
  return { layer, role: role as ParameterRole }
}

function layerOf({ module, tensor }: Distribution): GraphLayer {
  const { layer } = split(tensor)
  const own = reference.distributions.filter((d) => d.module === module && split(d.tensor).layer === layer)
  const shapes = Object.fromEntries(own.map((d) => [split(d.tensor).role, d.shape]))
  return fakeLayer(layer === '' ? 'own' : layer, shapes['weight']!.length === 4 ? 'conv' : 'linear', shapes)
}

function draw(layer: GraphLayer, scheme: DrawScheme, role: ParameterRole, trial = 0): Float32Array {
  const replacements = perturb({ kind: 'randomize', scheme }, { layer, layers: [layer], seed: 11, trial })
  return replacements.find(({ parameter }) => parameter.role === role)!.values
}

const DRAWS = 40_000

describe.each(reference.distributions.filter(({ module }) => schemeOf(module) !== null))(
  '$tensor of $module',
  (distribution) => {
    const { formula, shape, observed, tensor } = distribution
    const { role } = split(tensor)
    const layer = layerOf(distribution)
    const size = shape.reduce((product, n) => product * n, 1)
    const values = Array.from({ length: Math.ceil(DRAWS / size) }, (_, trial) => [
      ...draw(layer, schemeOf(distribution.module)!, role, trial)
    ]).flat()
    const n = values.length
    const mean = values.reduce((sum, value) => sum + value, 0) / n
    const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n)
    // Of a standard deviation: σ √((κ − 1) / 4n), with a kurtosis of 3 (normal) or 9/5 (uniform).
    const error = formula.std * Math.sqrt(((formula.kind === 'normal' ? 3 : 1.8) - 1) / (4 * n))

    it("has the formula's mean and deviation", () => {
      expect(Math.abs(mean - formula.mean)).toBeLessThan((5 * formula.std) / Math.sqrt(n))
      expect(Math.abs(std - formula.std)).toBeLessThan(5 * error)
    })

    it('has the deviation that the framework’s own draws have', () => {
      expect(Math.abs(std - observed.std)).toBeLessThan(5 * Math.hypot(error, observed.std_standard_error))
    })

    it('has its shape: bounded if uniform, with tails if normal', () => {
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      if (formula.bound === undefined) {
        expect(largest).toBeGreaterThan(3.5 * formula.std)
      } else {
        expect(largest).toBeLessThanOrEqual(Math.fround(formula.bound))
        expect(largest).toBeGreaterThan(0.999 * formula.bound)
      }
    })
  }
)

it('compares convolutions, grouped ones, linear layers and biases', () => {
  const compared = reference.distributions.filter(({ module }) => schemeOf(module) !== null)
  expect(compared.length).toBeGreaterThan(20)
  expect(compared.some(({ module }) => module.includes('groups=2'))).toBe(true)
  expect(compared.some(({ module }) => module.includes('cardinality 2'))).toBe(true)
})

const ROLES: readonly ParameterRole[] = ['weight', 'bias', 'running_mean', 'running_var']

function normsOf(model: string): GraphLayer[] {
  const names = Object.keys(reference.constants[model]!)
    .filter((tensor) => tensor.endsWith('.running_var'))
    .map((tensor) => split(tensor).layer)
  return names.map((name) => fakeLayer(name, 'norm', Object.fromEntries(ROLES.map((role) => [role, [5]]))))
}

describe.each([
  ['timm ResNet, Bottleneck', 'timm-resnet'],
  ['timm ResNet, BasicBlock', 'timm-resnet'],
  ['torchvision ResNet, BasicBlock', 'torch']
] as const)('batch norms of a fresh %s', (model, scheme) => {
  const norms = normsOf(model)

  it(`are what "${scheme}" makes`, () => {
    expect(norms.length).toBeGreaterThan(10)
    for (const layer of norms) {
      const made = perturb({ kind: 'randomize', scheme }, { layer, layers: norms, seed: 0, trial: 2 })
      expect(made.map(({ parameter }) => parameter.role)).toEqual(ROLES)
      for (const { parameter, values } of made)
        expect([...values], parameter.name).toEqual(
          Array(5).fill(reference.constants[model]![parameter.name])
        )
    }
  })
})

it.each(['timm ResNet, Bottleneck', 'timm ResNet, BasicBlock'])(
  'the last norm of each block of a %s is the one that timm sets to zero',
  (model) => {
    const norms = normsOf(model)
    const last = norms.filter((layer) => isLastNormOfBlock(layer, norms)).map(({ name }) => name)
    expect(last).toEqual(reference.zero_initialised_batch_norms[model])
    expect(last.length).toBe(5)
  }
)

it('biases of a ViT’s linear layers are 0, as timm’s', () => {
  const constants = reference.constants['timm VisionTransformer']!
  for (const name of ['blocks.0.attn.qkv', 'blocks.0.mlp.fc1', 'head']) {
    expect(constants[`${name}.bias`], name).toBe(0)
    const layer = fakeLayer(name, 'linear', { weight: [6, 4], bias: [6] })
    expect([...draw(layer, 'timm-vit', 'bias')]).toEqual(Array(6).fill(0))
  }
})

it('"matched" keeps mean and deviation of the trained tensor', () => {
  const trained = Float32Array.from({ length: 30_000 }, (_, i) => 2 + (i % 2 === 0 ? 0.5 : -0.5))
  const layer = fakeLayer('conv', 'conv', { weight: [100, 100, 1, 3] }, { weight: trained })
  const values = draw(layer, 'matched', 'weight')
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
  expect(Math.abs(mean - 2)).toBeLessThan((5 * 0.5) / Math.sqrt(30_000))
  expect(Math.abs(std - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(60_000))
})

it('"auto" is timm’s for ResNets and PyTorch’s for what is not known', () => {
  expect(schemeFor('resnet')).toBe('timm-resnet')
  expect(schemeFor(null)).toBe('torch')
})
