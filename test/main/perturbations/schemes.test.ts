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
  return /^timm (VisionTransformer|ConvNeXt|DeiT|Swin)/.test(module) ? 'timm-vit' : null
}

/** `layer1.0.bn1.weight` is the weight of layer1.0.bn1; `weight` alone that of a module by itself; free ones have none. */
function split(tensor: string): { layer: string; role: ParameterRole } {
  if (/(token|embed|table)$/.test(tensor)) return { layer: tensor, role: 'weight' }
  const [, layer = '', role = ''] = /^(?:(.*)\.)?([^.]+)$/.exec(tensor) ?? []
  return { layer, role: role as ParameterRole }
}

function layerOf({ module, tensor }: Distribution): GraphLayer {
  const { layer } = split(tensor)
  const own = reference.distributions.filter((d) => d.module === module && split(d.tensor).layer === layer)
  const shapes = Object.fromEntries(own.map((d) => [split(d.tensor).role, d.shape]))
  const kind = shapes['weight']!.length === 4 ? 'conv' : 'linear'
  return fakeLayer(layer === '' ? 'own' : layer, layer === tensor ? 'embedding' : kind, shapes)
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

describe.each([
  ['timm VisionTransformer', 'blocks.0.attn.qkv', 'linear', [6, 4]],
  ['timm ConvNeXt', 'stages.0.blocks.0.conv_dw', 'conv', [6, 1, 7, 7]]
] as const)('constants of a fresh %s', (model, neighbour, kind, shape) => {
  const constants = reference.constants[model]!
  const layers = [
    fakeLayer(neighbour, kind, { weight: shape }),
    ...Object.keys(constants)
      .filter((tensor) => /(gamma|norm\d?\.(weight|bias))$/.test(tensor))
      .map((tensor) => {
        const [, path = '', parameter = ''] = /^(.*)\.([^.]+)$/.exec(tensor)!
        if (parameter !== 'gamma') return fakeLayer(path, 'norm', { [parameter]: [5] })
        return fakeLayer(/ls\d$/.test(path) ? path : tensor, 'scale', { weight: [5] })
      })
  ]

  it('are what "timm-vit" makes of norms and scales', () => {
    const free = layers.slice(1)
    expect(free.filter((layer) => layer.kind === 'scale').length).toBeGreaterThan(1)
    for (const layer of free) {
      const [made] = perturb({ kind: 'randomize', scheme: 'timm-vit' }, { layer, layers, seed: 0, trial: 0 })
      const { role } = made!.parameter
      const expected =
        constants[`${layer.name}.${role}`] ?? constants[`${layer.name}.gamma`] ?? constants[layer.name]
      expect(expected, layer.name).toBeDefined()
      expect([...made!.values], layer.name).toEqual(Array(5).fill(expected))
    }
  })

  it('biases of convolutions and linear layers are 0', () => {
    expect(constants[`${neighbour}.bias`]).toBe(0)
    const layer = fakeLayer(neighbour, kind, { weight: shape, bias: [6] })
    const [, bias] = perturb({ kind: 'randomize', scheme: 'timm-vit' }, { layer, layers, seed: 0, trial: 0 })
    expect([...bias!.values]).toEqual(Array(6).fill(0))
  })
})

it('ConvNeXt’s stem is drawn as its other convolutions, also where it is called a patch embedding', () => {
  const stem = fakeLayer('embeddings.patch_embeddings', 'conv', { weight: [64, 3, 4, 4], bias: [64] })
  const layers = [stem, fakeLayer('stages.0.layers.0.dwconv', 'conv', { weight: [64, 1, 7, 7] })]
  const biasOf = (all: readonly GraphLayer[]) =>
    perturb({ kind: 'randomize', scheme: 'timm-vit' }, { layer: stem, layers: all, seed: 0, trial: 0 })[1]!
      .values
  expect(biasOf(layers).every((value) => value === 0)).toBe(true)
  // A ViT's is PyTorch's default.
  expect(biasOf([stem]).every((value) => value === 0)).toBe(false)
})

describe.each(['torch', 'timm-resnet', 'timm-vit', 'matched'] as const)('scheme "%s"', (scheme) => {
  const trained = Float32Array.of(3, 5, 3, 5)
  const scale = fakeLayer('alpha', 'scale', { weight: [4], bias: [4] }, { weight: trained, bias: trained })
  const token = fakeLayer('pos_embed', 'embedding', { weight: [1, 2, 2] }, { weight: trained })
  const made = (layer: GraphLayer) =>
    perturb({ kind: 'randomize', scheme }, { layer, layers: [layer], seed: 3, trial: 1 })

  it('has values for scales and embeddings', () => {
    const [weight, bias] = made(scale).map(({ values }) => [...values])
    const [table] = made(token).map(({ values }) => [...values])
    expect(table).toHaveLength(4)
    if (scheme === 'matched') {
      // Mean 4, deviation 1.
      for (const values of [weight!, bias!, table!]) {
        expect(values.every((value) => Math.abs(value - 4) < 5)).toBe(true)
        expect(new Set(values).size).toBe(4)
      }
      return
    }
    expect(weight).toEqual(Array(4).fill(scheme === 'timm-vit' ? Math.fround(1e-5) : 1))
    expect(bias).toEqual([0, 0, 0, 0])
    expect(table!.every((value) => Math.abs(value) < 0.1)).toBe(true)
  })
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

it('"auto" is timm’s for ResNets, ViT and ConvNeXt, and PyTorch’s for what is not known', () => {
  expect(schemeFor('resnet')).toBe('timm-resnet')
  expect(schemeFor('vit')).toBe('timm-vit')
  expect(schemeFor('convnext')).toBe('timm-vit')
  expect(schemeFor(null)).toBe('torch')
})
