import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MeasureRequest } from '@shared/contract/engine'
import { mean, sampleStd } from '@shared/statistics'
import { loadClassifier } from '../../../src/main/architectures'
import { predict } from '../../../src/main/engine/predict'
import { expected, golden, goldenImages, goldenRequest, normalization } from '../../support/golden'
import { measureAll, tasksFor, type Measured, type Piece } from '../../support/measure'
import { readNpy } from '../../support/npy'

const IMAGES = 200

const run = (part: Partial<MeasureRequest>): Promise<Measured> => measureAll(goldenRequest(part))

describe('logits of the golden model', () => {
  const reference = readNpy(golden('original_logits.npy')).data as Float32Array
  it.each([
    ['model.safetensors', 1e-4],
    ['model.onnx', 1e-4],
    ['model_folded.onnx', 1e-4],
    ['model_dynamo.onnx', 1e-4],
    ['model_fp16.safetensors', 2e-2]
  ])('%s agrees with PyTorch to %s', async (file, tolerance) => {
    const folder = await mkdtemp(join(tmpdir(), 'linchpin-'))
    try {
      const output = join(folder, 'logits.npy')
      const model = { path: golden(file), options: {}, normalization }
      await predict({ model, images: goldenImages(), execution: { batch: 64 }, output })
      const logits = readNpy(output)
      expect(logits.shape).toEqual([200, 10])
      const worst = (logits.data as Float32Array).reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (reference[i] ?? NaN))),
        0
      )
      expect(worst).toBeLessThan(tolerance)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe.each([
  ['model.safetensors', 'downstream'],
  ['model.safetensors', 'full'],
  ['model.onnx', 'downstream']
] as const)('criticality of %s, %s path', (file, path) => {
  const model = { path: golden(file), options: {}, normalization }

  it.each([
    ['zero', 0],
    ['reinit', 0],
    ['reinit', 1]
  ] as const)('%s, trial %i, equals PyTorch in every metric', async (mode, trial) => {
    const rows = expected.rows.filter((row) => row.mode === mode && row.trial === trial)
    const perturbation =
      mode === 'zero'
        ? ({ kind: 'zero' } as const)
        : ({ kind: 'reinit', path: golden(`reinit_trial${String(trial)}.safetensors`), options: {} } as const)
    const tasks = tasksFor(
      rows.map(({ layer }) => layer),
      [trial],
      IMAGES
    )
    const { original, pieces } = await run({ model, path, perturbation, tasks })
    expect(original.top1).toBeCloseTo(expected.original.top1 / 100, 12)
    expect(original.loss).toBeCloseTo(expected.original.loss, 5)
    expect(pieces.length).toBe(rows.length)
    expect(rows.length).toBeGreaterThan(30)
    pieces.forEach(({ unit: layer, metrics }) => {
      const row = rows.find((candidate) => candidate.layer === layer)!
      const where = `${mode} ${layer}`
      expect(Math.abs(metrics.cosineSimilarity - row.cos_sim), where).toBeLessThan(1e-4)
      expect(Math.abs(metrics.l1 - row.l1), where).toBeLessThan(1e-4)
      expect(Math.abs(metrics.l2 - row.l2), where).toBeLessThan(1e-4)
      expect(Math.abs(metrics.agreement - row.agree), where).toBeLessThan(1e-4)
      expect(Math.abs(metrics.loss! - row.loss), where).toBeLessThan(1e-3 * Math.abs(row.loss))
      const cross = Math.abs(metrics.crossEntropyOfLogits - row.ce_logits)
      expect(cross, where).toBeLessThan(1e-3 * Math.abs(row.ce_logits) + 1e-6)
      // A zeroed classifier ties all logits: PyTorch's choice among them is arbitrary.
      if (mode === 'zero' && layer === 'fc') return
      expect(100 * metrics.top1!, where).toBeCloseTo(row.top1, 4)
      expect(100 * metrics.top5!, where).toBeCloseTo(row.top5, 4)
    })
  })
})

describe('randomize', () => {
  it('agrees with 40 draws of timm within 4 standard errors, layer by layer', async () => {
    const reference = JSON.parse(readFileSync(golden('random_40_trials.json'), 'utf8')) as Record<
      string,
      { mean: number; std: number }
    >
    const layers = Object.keys(reference)
    const { pieces } = await run({
      perturbation: { kind: 'randomize', scheme: 'timm-resnet' },
      tasks: tasksFor(layers, [...Array(40).keys()], IMAGES)
    })
    expect(layers.length).toBeGreaterThan(15)
    for (const layer of layers) {
      const ours = pieces.filter(({ unit }) => unit === layer).map(({ metrics }) => metrics.criticality)
      const theirs = reference[layer]!
      const error = Math.sqrt((sampleStd(ours)! ** 2 + theirs.std ** 2) / 40)
      expect(Math.abs(mean(ours) - theirs.mean), layer).toBeLessThan(4 * error)
    }
  }, 120_000)

  it('gives identical numbers again, and in another order of layers', async () => {
    const perturbation = { kind: 'randomize', scheme: 'timm-resnet' } as const
    const tasks = tasksFor(['conv1', 'layer2.0.conv2', 'fc', 'layer4.0.bn3'], [0, 7], IMAGES)
    const key = ({ unit, trial }: Piece): string => `${unit} ${String(trial)}`
    const values = ({ pieces }: Measured): Record<string, unknown> =>
      Object.fromEntries(pieces.map((piece) => [key(piece), [piece.metrics, piece.distances]]))
    const first = values(await run({ perturbation, tasks }))
    expect(values(await run({ perturbation, tasks }))).toEqual(first)
    expect(values(await run({ perturbation, tasks: tasks.toReversed() }))).toEqual(first)
  })
})

it('measures below 1e-9 when nothing is changed', async () => {
  for (const file of ['model.safetensors', 'model.onnx', 'model_folded.onnx', 'model_dynamo.onnx']) {
    const path = golden(file)
    const { layers } = await loadClassifier(path)
    const { pieces } = await run({
      model: { path, options: {}, normalization },
      perturbation: { kind: 'identity' },
      tasks: tasksFor(
        layers.map(({ name }) => name),
        [0],
        IMAGES
      )
    })
    expect(pieces.length).toBe(layers.length)
    for (const { unit, metrics } of pieces) {
      expect(metrics.criticality, `${file} ${unit}`).toBeLessThan(1e-9)
      expect(metrics.agreement).toBe(1)
    }
  }
})
