/**
 * The adaptive protocol on trained networks, run by the engine: passes to the standard error that the paper's protocol
 * gives, layer by layer, against the cheapest design computed afterwards from the same variance components.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { test } from 'vitest'
import type { ImageFile, MeasureRequest, Task } from '@shared/contract/engine'
import {
  ADAPTIVE_DEFAULTS,
  bestDesign,
  CellStatistics,
  LEAST_TRIALS,
  paperStandardError,
  replay,
  trialsOf,
  type StoredTrial
} from '@shared/statistics'
import { unitsIn } from '@shared/units'
import { loadClassifier } from '../../src/main/architectures'
import { Measurer } from '../../src/main/engine/measuring/measure'
import { trialImages } from '../../src/main/perturbations'
import { temporaryFolder } from '../support/folder'
import { golden, goldenImages, goldenRequest, normalization } from '../support/golden'
import { floats, tasksFor, type Piece } from '../support/measure'
import { seeded } from '../support/random'
import { report } from './report'

const PAPER_PASSES = 30_000
const POOL = 30_000
const SIDE = 32
const PIXELS = SIDE * SIDE
/** What variance components are estimated from. */
const DENSE = { trials: 40, images: 400 }

/** A pool larger than the paper's set: each image shifted, and some noise on it. @param sources uint8 [3, 32, 32]. */
function pool(sources: readonly Uint8Array[]): ImageFile {
  const random = seeded(7)
  const path = join(temporaryFolder(), 'pool.u8')
  const bytes = new Uint8Array(POOL * 3 * PIXELS)
  for (let image = 0; image < POOL; image++) {
    const source = sources[image % sources.length]!
    const [dx, dy] = [Math.floor(5 * random.uniform()) - 2, Math.floor(5 * random.uniform()) - 2]
    for (let c = 0; c < 3; c++) {
      for (let i = 0; i < PIXELS; i++) {
        const x = Math.min(SIDE - 1, Math.max(0, (i % SIDE) + dx))
        const y = Math.min(SIDE - 1, Math.max(0, Math.floor(i / SIDE) + dy))
        const value = source[c * PIXELS + y * SIDE + x]! + 12 * (random.uniform() - 0.5)
        bytes[(image * 3 + c) * PIXELS + i] = Math.min(255, Math.max(0, Math.round(value)))
      }
    }
  }
  writeFileSync(path, bytes)
  return { path, offset: 0, dtype: 'uint8', height: SIDE, width: SIDE, channelsLast: false, count: POOL }
}

function goldenSources(): Uint8Array[] {
  const { path, offset, count } = goldenImages()
  const bytes = readFileSync(path).subarray(offset)
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * 3 * PIXELS, (i + 1) * 3 * PIXELS))
}

const sample = join(import.meta.dirname, '../../resources/sample')

async function sampleSources(): Promise<Uint8Array[]> {
  const files = readdirSync(join(sample, 'images'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  return await Promise.all(
    files.map(async (file) => {
      const pixels = await sharp(file).resize(SIDE, SIDE).removeAlpha().toColourspace('srgb').raw().toBuffer()
      const planes = new Uint8Array(3 * PIXELS)
      for (let i = 0; i < PIXELS; i++) for (let c = 0; c < 3; c++) planes[c * PIXELS + i] = pixels[3 * i + c]!
      return planes
    })
  )
}

async function pieces(measurer: Measurer, request: MeasureRequest): Promise<Piece[]> {
  const found: Piece[] = []
  for await (const event of measurer.measure(request)) if (event.type === 'piece') found.push(event)
  return found
}

test.each([
  ['golden', golden('model.safetensors'), goldenSources],
  ['sample-baseline', join(sample, 'models/baseline-seed1.safetensors'), sampleSources]
] as const)('%s', async (name, path, sources) => {
  const images = pool(await sources())
  const { layers } = await loadClassifier(path)
  const units = unitsIn(layers, 'layer', null).map((unit) => unit.name)
  const base = goldenRequest({
    model: { path, options: {}, normalization },
    images,
    labels: null,
    perturbation: { kind: 'randomize', scheme: 'timm-resnet' },
    kinds: null,
    execution: { batch: 16, threads: 2 }
  })
  const measurer = new Measurer()

  // Afterwards: other trials than the protocol's own, all on the same images.
  const dense = await pieces(measurer, {
    ...base,
    seed: 1,
    images: { ...images, count: DENSE.images },
    tasks: tasksFor(units, [...Array(DENSE.trials).keys()], DENSE.images)
  })
  const targets = new Map(
    units.map((unit) => {
      const cell = new CellStatistics()
      for (const { trial, from, to, distances, metrics } of dense.filter((piece) => piece.unit === unit)) {
        cell.add(trial, { start: from, count: to - from }, floats(distances), metrics.criticality)
      }
      const { trial, image, rest } = cell.summary().components
      const components = { trial: trial ?? 0, image: image ?? 0, rest: rest ?? 0 }
      return [unit, { components, target: paperStandardError(components) }] as const
    })
  )

  // The protocol, all layers round by round.
  const order = trialImages(base.seed, POOL)
  const stored = new Map<string, Float32Array>()
  const stateOf = (unit: string) =>
    replay(
      (trial, count): StoredTrial | null => {
        const distances = stored.get(`${unit} ${String(trial)}`)
        if (distances === undefined || distances.length < count) return null
        return { images: order.of(trial, count), distances: distances.subarray(0, count) }
      },
      {
        ...ADAPTIVE_DEFAULTS,
        pool: POOL,
        passes: 4 * PAPER_PASSES,
        target: Math.max(1e-6, targets.get(unit)!.target)
      }
    )
  for (;;) {
    const tasks = units.flatMap((unit): Task[] => {
      const { decision, missing } = stateOf(unit)
      if (decision.kind === 'stop') return []
      const { round } = decision
      return trialsOf(round)
        .filter((trial) => missing.includes(trial))
        .map((trial) => ({
          unit,
          trial,
          from: stored.get(`${unit} ${String(trial)}`)?.length ?? 0,
          to: round.images
        }))
    })
    if (tasks.length === 0) break
    for (const { unit, trial, from, distances } of await pieces(measurer, {
      ...base,
      sampling: 'fresh',
      tasks
    })) {
      const key = `${unit} ${String(trial)}`
      const before = stored.get(key) ?? new Float32Array()
      if (before.length === from) stored.set(key, Float32Array.of(...before, ...floats(distances)))
    }
  }
  await measurer.close()

  const values: Record<string, number | string> = {}
  const sum = { own: 0, best: 0, floor: 0 }
  let reached = 0
  for (const unit of units) {
    const { components, target } = targets.get(unit)!
    const { summary, decision } = stateOf(unit)
    const own = summary?.observations ?? 0
    const best = bestDesign(components, target, { pool: POOL })?.passes ?? NaN
    sum.own += own
    sum.best += best
    sum.floor += bestDesign(components, target, { pool: POOL, least: LEAST_TRIALS })?.passes ?? NaN
    const reason = decision.kind === 'stop' ? decision.reason : ''
    if (reason === 'reached') reached++
    values[unit] =
      `target ${(100 * target).toFixed(3)} points: ${String(own)} passes, best ${String(best)}; reached ${(100 * (summary?.standardError ?? NaN)).toFixed(3)} (${reason})`
  }
  report(`adaptive-${name}`, {
    ...values,
    'layers that reached the paper’s standard error': `${String(reached)} of ${String(units.length)}`,
    'passes over those of the best designs': sum.own / sum.best,
    [`the same, of at least ${String(LEAST_TRIALS)} trials`]: sum.own / sum.floor,
    'passes of the paper over its own': (PAPER_PASSES * units.length) / sum.own,
    'passes of the paper over the best designs': (PAPER_PASSES * units.length) / sum.best
  })
})
