/** The measuring engine on a ResNet-50 with random weights, 224 × 224. Times of one run: only their ratios compare. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { pino } from 'pino'
import { afterAll, test } from 'vitest'
import type { EngineClient, ImageFile, MeasureRequest } from '@shared/contract/engine'
import { unitsIn } from '@shared/units'
import { loadClassifier } from '../../src/main/architectures'
import { filesOf, withExternalWeights } from '../../src/main/graph'
import { Measurer } from '../../src/main/engine/measuring/measure'
import { timeMeasurement } from '../../src/main/engine/measuring/timing'
import { createSession } from '../../src/main/engine/session'
import { launchEngineProcess } from '../../src/main/hosts/engine-process'
import { irregular } from '../support/forward'
import { goldenRequest } from '../support/golden'
import { tasksFor } from '../support/measure'
import { writeResnet50 } from '../support/resnet50'
import { report, seconds } from './report'

const SIDE = 224
const THREADS = 2
const BATCH = 16
const TRIALS = 3
/** Sizes of what is measured. A shard of a ResNet-50 is a little more. */
const IMAGES = 96

const folder = mkdtempSync(join(tmpdir(), 'linchpin-bench-'))
const path = writeResnet50(join(folder, 'resnet50.safetensors'))

afterAll(() => rmSync(folder, { recursive: true }))

function images(count: number): ImageFile {
  const file = join(folder, `${String(count)}.u8`)
  const pixels = Uint8Array.from(irregular(3 * SIDE * SIDE), (value) => 128 + 127 * value)
  writeFileSync(file, Buffer.concat(Array.from({ length: count }, () => pixels)))
  return { path: file, offset: 0, dtype: 'uint8', height: SIDE, width: SIDE, channelsLast: false, count }
}

async function layers(): Promise<{ names: string[]; ideal: number; parameters: number }> {
  const classifier = await loadClassifier(path)
  const units = unitsIn(classifier.layers, 'layer', null)
  const of = (value: (unit: (typeof units)[number]) => number): number =>
    units.reduce((sum, unit) => sum + value(unit), 0) / units.length
  return {
    names: units.map(({ name }) => name),
    ideal: of(({ members }) => members[0]?.layer.downstream ?? 1),
    parameters: of(({ members }) => members[0]?.layer.parameters ?? 0)
  }
}

function request(part: Partial<MeasureRequest>): MeasureRequest {
  return {
    ...goldenRequest({}),
    model: { path, options: {}, normalization: null },
    labels: null,
    perturbation: { kind: 'randomize', scheme: 'timm-resnet' },
    kinds: null,
    execution: { batch: BATCH, threads: THREADS },
    ...part
  }
}

/** Seconds of a measurement whose network is loaded. */
async function measured(asked: MeasureRequest): Promise<number> {
  const measurer = new Measurer()
  await measurer.prepare(asked)
  const whole = await seconds(async () => {
    for await (const _ of measurer.measure(asked)) continue
  })
  await measurer.close()
  return whole
}

test('downstream of each layer, against the whole network', async () => {
  const { names, ideal, parameters } = await layers()
  const file = images(IMAGES)
  const measurer = new Measurer()
  const timing = await timeMeasurement(measurer, { ...request({ images: file }), units: names })
  await measurer.close()
  const before = await bareSeconds()
  const downstream = await measured(request({ images: file, tasks: tasksFor(names, range(TRIALS), IMAGES) }))
  const after = await bareSeconds()
  const full = await measured(request({ images: file, path: 'full', tasks: tasksFor(names, [0], IMAGES) }))
  const perturbed = names.length * IMAGES
  const own = downstream / (TRIALS * perturbed)
  const reference = full / perturbed
  const pass = (before + after) / 2
  const shard = Math.min(IMAGES, timing.shard)
  const shares = {
    'downstream passes at the network’s own speed': (ideal * pass) / own,
    'upstream, twice an image': (2 * pass) / (names.length * TRIALS) / own,
    sessions: timing.secondsPerUnit / (shard * TRIALS) / own,
    drawing: (timing.secondsPerParameter * parameters) / shard / own,
    'comparing predictions': timing.secondsPerComparison / own
  }
  report('resnet50-paths', {
    layers: names.length,
    images: IMAGES,
    'trials, downstream': TRIALS,
    'full pass, ms an image': 1000 * pass,
    'full path with its sessions, ms a perturbed image': 1000 * reference,
    'downstream path with everything, ms a perturbed image': 1000 * own,
    'ratio, everything against everything': reference / own,
    'ratio to bare full passes': pass / own,
    'ideal ratio, by multiply–adds': 1 / ideal,
    ...Object.fromEntries(Object.entries(shares).map(([name, share]) => [`of the time: ${name}`, share])),
    'of the time: downstream passes take more, and the rest':
      1 - Object.values(shares).reduce((a, b) => a + b),
    'images led through the network together': timing.shard
  })
})

/** Of a pass of one image through the unperturbed network, in one session. */
async function bareSeconds(): Promise<number> {
  const { model, signature } = await loadClassifier(path)
  const { model: external, files } = withExternalWeights(model)
  const session = await createSession(external, {
    signature,
    height: SIDE,
    width: SIDE,
    threads: THREADS,
    files: filesOf(external, files)
  })
  const pixels = new Float32Array(BATCH * 3 * SIDE * SIDE)
  await session.run(pixels, BATCH)
  const time = await seconds(async () => {
    for (let image = 0; image < 3 * IMAGES; image += BATCH) await session.run(pixels, BATCH)
  })
  await session.close()
  return time / (3 * IMAGES)
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

test('images a second by threads and images at a time', async () => {
  const { model, signature } = await loadClassifier(path)
  const external = withExternalWeights(model)
  const values: Record<string, number> = {}
  for (const threads of [1, 2]) {
    const session = await createSession(external.model, {
      signature,
      height: SIDE,
      width: SIDE,
      threads,
      files: filesOf(external.model, external.files)
    })
    for (const batch of [1, 4, 16, 32]) {
      const pixels = new Float32Array(batch * 3 * SIDE * SIDE)
      await session.run(pixels, batch)
      const runs = Math.ceil(32 / batch)
      const time = await seconds(async () => {
        for (let run = 0; run < runs; run++) await session.run(pixels, batch)
      })
      values[`threads ${String(threads)}, batch ${String(batch)}, images/s`] = (runs * batch) / time
    }
    await session.close()
  }
  report('resnet50-batches', values)
})

/** Largest memory of the built engine's process, in MB; Linux tells it. */
async function peakMemory(count: number, units: readonly string[]): Promise<number> {
  const entry = join(import.meta.dirname, '../../out/main/engine.js')
  const child = launchEngineProcess({ entry, log: pino({ level: 'silent' }) })
  const client: EngineClient = createORPCClient(new RPCLink({ port: child.port }))
  let peak = NaN
  const events = await client.measure(request({ images: images(count), tasks: tasksFor(units, [0], count) }))
  for await (const _ of events) peak = peakOfEngine() ?? peak
  child.kill()
  await child.exited
  return peak
}

function peakOfEngine(): number | null {
  const own = readFileSync(`/proc/${String(process.pid)}/task/${String(process.pid)}/children`, 'utf8')
  for (const pid of own.trim().split(' ')) {
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('engine.js')) continue
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kilobytes === undefined ? null : Number(kilobytes) / 1024
  }
  return null
}

test.skipIf(process.platform !== 'linux')('memory over the number of images', async () => {
  const { names } = await layers()
  // Those where most is led through the network, and some of each stage.
  const units = names.filter((name, i) => i % 8 === 0 || name === 'layer2.0.conv2')
  const values: Record<string, number> = {}
  for (const count of [240, 480, 720]) values[`${String(count)} images, MB`] = await peakMemory(count, units)
  report('resnet50-memory', values)
})

test('sessions', async () => {
  const golden = goldenRequest({
    perturbation: { kind: 'randomize', scheme: 'timm-resnet' },
    images: { ...goldenRequest({}).images, count: 2 },
    labels: null,
    execution: { batch: 2, threads: 1 },
    tasks: tasksFor(['layer2.0.conv2'], [0], 2)
  })
  const measurer = new Measurer()
  const once = async (): Promise<void> => {
    for await (const _ of measurer.measure(golden)) continue
  }
  await once()
  const rounds = 200
  const small = await seconds(async () => {
    for (let round = 0; round < rounds; round++) await once()
  })
  await measurer.close()
  const own = new Measurer()
  const { names } = await layers()
  const timing = await timeMeasurement(own, { ...request({ images: images(BATCH) }), units: names })
  await own.close()
  report('sessions', {
    'a second, golden model, each made, run on 2 images and closed': rounds / small,
    'a second, downstream of a layer of ResNet-50, made alone': 1 / timing.secondsPerUnit
  })
})
