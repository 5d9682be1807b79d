/** Perturbed units by full forward passes, against PyTorch: test/fixtures/units/make_units.py. */
import { describe, expect, it } from 'vitest'
import { LAYER_KINDS } from '@shared/contract/model'
import { parsePerturbation } from '@shared/perturbation-text'
import { comparePredictions } from '@shared/statistics'
import { unitsIn } from '@shared/units'
import { loadClassifier, type Classifier } from '../../../src/main/architectures'
import { forward, LogitsCollector } from '../../../src/main/engine/forward'
import { openImages } from '../../../src/main/engine/images'
import { replaceParameters, type OnnxModel } from '../../../src/main/graph'
import { perturb, type LayerPerturbation } from '../../../src/main/perturbations'
import { fixture } from '../../support/golden'
import { expectedUnits, inputOf } from '../../support/units'

const { seed, trial, scheme, rows } = expectedUnits

async function logitsOf(file: string, { signature }: Classifier, model: OnnxModel): Promise<LogitsCollector> {
  const { images: source, normalization } = inputOf(file)
  const images = await openImages(source, normalization)
  try {
    const logits = new LogitsCollector(images.count)
    const { height, width } = source
    for await (const batch of forward({ model, signature, images, height, width, batch: 100, threads: 1 })) {
      logits.add(batch)
    }
    return logits
  } finally {
    await images.close()
  }
}

async function resolved(text: string, file: string): Promise<LayerPerturbation> {
  const second = async (path: string) => (await loadClassifier(fixture(path), inputOf(file).options)).layers
  const parsed = parsePerturbation(text)
  switch (parsed.kind) {
    case 'randomize':
      return { kind: 'randomize', scheme }
    case 'reinit':
      return { kind: 'reinit', source: await second(parsed.path) }
    case 'interpolate': {
      const { alpha, path } = parsed
      const towards =
        path === null
          ? ({ kind: 'draw', scheme } as const)
          : ({ kind: 'checkpoint', source: await second(path) } as const)
      return { kind: 'interpolate', alpha, towards }
    }
    case 'noise':
      return parsed
    default:
      return { kind: parsed.kind }
  }
}

it('there are rows of every type of unit and every perturbation', () => {
  expect(new Set(rows.map(({ type }) => type)).size).toBe(4)
  expect(new Set(rows.map(({ perturbation }) => perturbation.split(':')[0])).size).toBe(6)
  expect(rows.length).toBeGreaterThan(100)
})

describe.each([...new Set(rows.map(({ model }) => model))])('%s', (file) => {
  it.each([...new Set(rows.filter(({ model }) => model === file).map(({ perturbation }) => perturbation))])(
    '%s gives PyTorch’s numbers',
    async (text) => {
      const classifier = await loadClassifier(fixture(file), inputOf(file).options)
      const { layers, model } = classifier
      const original = await logitsOf(file, classifier, model)
      const { classes } = original
      const before = original.finish()
      const perturbation = await resolved(text, file)
      for (const row of rows.filter((r) => r.model === file && r.perturbation === text)) {
        const where = `${row.type} ${row.unit} ${row.kinds?.join(',') ?? ''}`
        // A batch norm is measured by name here.
        const kinds = row.type === 'layer' ? LAYER_KINDS : row.kinds
        const found = unitsIn(layers, row.type, kinds)
        const unit = found.find(({ name }) => name === row.unit)!
        expect(unit, where).toBeDefined()
        const replacements = perturb(perturbation, { unit, layers, seed, trial })
        const after = (await logitsOf(file, classifier, replaceParameters(model, replacements))).finish()
        const { metrics } = comparePredictions(before, after, classes, null)
        expect(Math.abs(metrics.criticality - row.criticality), where).toBeLessThan(1e-5)
        expect(Math.abs(metrics.l2 - row.l2), where).toBeLessThan(1e-5)
        expect(metrics.agreement, where).toBeCloseTo(row.agreement, 12)
      }
    }
  )
})
