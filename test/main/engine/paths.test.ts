/** What is measured downstream of a unit equals what the whole network measures, in every kind of graph. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ImageFile, MeasureRequest } from '@shared/contract/engine'
import { metricsSchema } from '@shared/contract/measurement'
import { UNITS, unitsIn, type UnitType } from '@shared/units'
import { loadClassifier } from '../../../src/main/architectures'
import { Measurer } from '../../../src/main/engine/measuring/measure'
import { temporaryFolder } from '../../support/folder'
import { irregular } from '../../support/forward'
import { fixture } from '../../support/golden'
import { everyKind, floats, measureAll, type Measured } from '../../support/measure'

const IMAGES = 5

function images(height: number, width: number, count = IMAGES): ImageFile {
  const path = join(temporaryFolder(), 'images.f32')
  writeFileSync(path, Buffer.from(irregular(count * 3 * height * width).buffer))
  return { path, offset: 0, dtype: 'float32', height, width, channelsLast: false, count }
}

interface Case {
  readonly file: string
  readonly unit?: UnitType
  readonly options?: MeasureRequest['model']['options']
  readonly side?: number
}

async function request({ file, unit = 'layer', options = {}, side = 32 }: Case): Promise<MeasureRequest> {
  const path = fixture(file)
  const { layers, signature, inspection } = await loadClassifier(path, options)
  const [, height, width] = inspection.inputShape
  const shown = images(height ?? signature.height ?? side, width ?? signature.width ?? side)
  return {
    model: { path, options, normalization: null },
    images: shown,
    labels: Array.from({ length: IMAGES }, (_, i) => i % 2),
    perturbation: { kind: 'randomize', scheme: 'torch' },
    seed: 3,
    unit,
    kinds: unit === 'layer' ? everyKind : null,
    path: 'downstream',
    sampling: 'same',
    tasks: unitsIn(layers, unit, unit === 'layer' ? everyKind : null).map(({ name }) => ({
      unit: name,
      trial: 0,
      from: 0,
      to: IMAGES
    })),
    execution: { batch: 2, threads: 1 }
  }
}

function expectEqual(found: Measured, reference: Measured, tolerance = 1e-5): void {
  expect(found.pieces.map(({ unit }) => unit)).toEqual(reference.pieces.map(({ unit }) => unit))
  expect(found.pieces.length + found.failures.length).toBeGreaterThan(0)
  expect(found.failures.map(({ unit }) => unit)).toEqual(reference.failures.map(({ unit }) => unit))
  found.pieces.forEach(({ unit, metrics, distances }, i) => {
    const other = reference.pieces[i]!
    for (const key of metricsSchema.keyof().options) {
      const [a, b] = [metrics[key], other.metrics[key]]
      if (a === null || b === null) expect(a, `${unit} ${key}`).toBe(b)
      else expect(Math.abs(a - b), `${unit} ${key}`).toBeLessThan(tolerance * Math.max(1, Math.abs(b)))
    }
    const [own, theirs] = [floats(distances), floats(other.distances)]
    expect(own.length).toBe(IMAGES)
    own.forEach((value, image) => expect(Math.abs(value - theirs[image]!)).toBeLessThan(tolerance))
  })
}

/** Of the number format that the graph computes in. */
const toleranceOf = (file: string): number => (/half_/.test(file) ? 2e-3 : 1e-5)

const graphs = readdirSync(fixture('graphs'))
  .filter((name) => name.endsWith('.onnx'))
  .map((name): Case => ({ file: `graphs/${name}` }))

const families: Case[] = [
  { file: 'golden/model_folded.onnx' },
  { file: 'golden/model_dynamo.onnx' },
  { file: 'resnets/bottleneck_torchvision.safetensors' },
  { file: 'resnets/basic_timm_bf16.safetensors' },
  { file: 'convnext/timm_v2.safetensors' },
  { file: 'efficientnet/timm.safetensors' },
  { file: 'mobilenet/torchvision.safetensors' },
  { file: 'vgg/timm_norm.safetensors' },
  { file: 'vit/timm.safetensors', options: { heads: 3 } },
  { file: 'vit/timm_registers_average.safetensors', options: { heads: 3 } },
  { file: 'wrapped/resnext.safetensors' }
]

describe('layers', () => {
  it.each([...graphs, ...families])('of $file', async (example) => {
    const asked = await request(example)
    const reference = await measureAll({ ...asked, path: 'full' })
    expectEqual(await measureAll(asked), reference, toleranceOf(example.file))
  })
})

describe.each(['golden/model.onnx', 'vit/timm.safetensors', 'graphs/swin_preserve.onnx'])(
  'units of %s',
  (file) => {
    const options = file.startsWith('vit') ? { heads: 3 } : {}
    it.each(UNITS.filter((unit) => unit !== 'layer'))('%s', async (unit) => {
      const asked = await request({ file, unit, options })
      if (asked.tasks.length === 0) {
        // A ViT has no stages.
        expect([file, unit]).toEqual(['vit/timm.safetensors', 'stage'])
        return
      }
      expectEqual(await measureAll(asked), await measureAll({ ...asked, path: 'full' }))
    })
  }
)

describe('a shard for each batch', () => {
  it.each(['golden/model.onnx', 'graphs/swin_dynamo.onnx'])('measures %s alike', async (file) => {
    const asked = await request({ file })
    const whole = await measureAll(asked)
    const { pieces } = await measureAll(asked, new Measurer(1))
    expect(pieces.length).toBeGreaterThan(2 * whole.pieces.length)
    for (const { unit, metrics, distances } of whole.pieces) {
      const parts = pieces.filter((piece) => piece.unit === unit)
      expect(parts.map(({ from, to }) => [from, to])).toEqual([[0, 2], [2, 4], [4, 5]]) // prettier-ignore
      expect(parts.flatMap((part) => [...floats(part.distances)])).toEqual([...floats(distances)])
      const mean =
        parts.reduce((sum, part) => sum + (part.to - part.from) * part.metrics.criticality, 0) / IMAGES
      expect(mean).toBeCloseTo(metrics.criticality, 12)
    }
  })
})
