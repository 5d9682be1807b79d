/** Did it load right? The whole way, with real engine processes; expected numbers are PyTorch's. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { LinchpinClient } from '@shared/contract'
import { evaluationRequestSchema } from '@shared/contract/evaluation'
import type { Alternative, LoadCheck } from '@shared/contract/loading'
import type { ModelOptions } from '@shared/contract/model'
import { Application } from '../../../src/main/application'
import { otherNormalizations, otherWeights } from '../../../src/main/application/readings'
import { launchEngineProcess } from '../../../src/main/hosts/engine-process'
import { sampleImages } from '../../../src/main/images'
import { colours, lateAverageTop1, networkAgreementOf, readings } from '../../support/colours'
import { temporaryFolder } from '../../support/folder'
import { expected, golden, labels as goldenLabels } from '../../support/golden'
import { readNpy } from '../../support/npy'
import { expectProblem } from '../../support/problems'
import { float32Tensor, readTensors, writeTensors, type RawTensor } from '../../support/safetensors'
import { goldenStudy, workstation } from '../../support/workstation'

const GOLDEN = { mean: expected.mean, std: expected.std }
const COLOURS: ModelOptions = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], channels: 'bgr' }

interface Study {
  readonly client: LinchpinClient
  readonly study: string
}

/** A study of the coloured shapes, with labels unless there shall be none. */
async function colourStudy(labels: string | null = colours('labels.npy')): Promise<Study> {
  const { client } = workstation()
  const { id } = await client.studies.create({
    name: 'colours',
    path: join(temporaryFolder(), 'colours.linchpin')
  })
  const path = colours('images.npy')
  const request = evaluationRequestSchema.parse({ path, ...(labels === null ? {} : { labels }), all: true })
  await client.evaluation.set({ study: id, request })
  return { client, study: id }
}

async function check({ client, study }: Study, path: string, options: ModelOptions = {}): Promise<LoadCheck> {
  const [outcome] = await client.models.check({ study, files: [{ path, options }] })
  if (outcome?.check == null) throw new Error(outcome?.problem?.message ?? 'no outcome')
  return outcome.check
}

const codes = ({ findings }: LoadCheck): string[] => findings.map(({ code }) => code)
const better = ({ alternatives }: LoadCheck): Alternative[] => alternatives.filter((one) => one.better)

/** Labels of the golden images, one a line, changed. */
function labelFile(change: (label: number) => number): string {
  const path = join(temporaryFolder(), 'labels.txt')
  writeFileSync(path, goldenLabels.map(change).join('\n'))
  return path
}

describe('a file that is read right', () => {
  it('is good, and no other reading is tried', async () => {
    const done = await check(await goldenStudy(), golden('model.safetensors'), GOLDEN)
    const logits = readNpy(golden('original_logits.npy')).data as Float32Array
    const indices = sampleImages(200, goldenLabels, 64)
    const right = indices.filter((index) => {
      const row = [...logits.subarray(10 * index, 10 * index + 10)]
      return row.indexOf(Math.max(...row)) === goldenLabels[index]
    })
    expect(done).toMatchObject({ images: 64, classes: 10, labelled: true, verdict: 'good' })
    expect(done.asRead).toMatchObject({ top1: right.length / 64, deadOutputs: 0, notFinite: 0 })
    expect([done.findings, done.alternatives]).toEqual([[], []])
  })

  it('is checked on equal shares of the classes of a set in the order of classes', () => {
    const sorted = goldenLabels.toSorted((a, b) => a - b)
    const counts = new Map<number, number>()
    const indices = sampleImages(200, sorted, 64)
    for (const index of indices) counts.set(sorted[index]!, (counts.get(sorted[index]!) ?? 0) + 1)
    expect(counts.size).toBe(10)
    expect(Math.min(...counts.values())).toBe(6)
    expect(Math.max(...counts.values())).toBe(7)
    expect(new Set(indices).size).toBe(64)
    expect(sampleImages(5, null, 64)).toEqual([0, 1, 2, 3, 4])
  })
})

describe('a wrong normalisation', () => {
  it.each([
    ['none', [0, 0, 0], [1, 1, 1]],
    ['that of Inception', [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]],
    ['of pixels from 0 to 255', [0, 0, 0], [1 / 255, 1 / 255, 1 / 255]]
  ])('(%s) is found, with the right one', async (_, mean, std) => {
    const study = await goldenStudy()
    const done = await check(study, golden('model.onnx'), { mean, std })
    expect(done.verdict).not.toBe('good')
    expect(done.alternatives[0]).toMatchObject({ text: "ImageNet's normalisation", better: true })
    expect(done.findings[0]!.code).toBe('normalization-fits-better')
    expect(done.findings[0]!.message).toMatch(
      /With ImageNet's normalisation top-1 is 9\d % instead of \d\d %/
    )
    // Taking it up makes the file good.
    const again = await check(study, golden('model.onnx'), done.alternatives[0]!.options!)
    expect(again.verdict).toBe('good')
    expect(again.asRead).toEqual(done.alternatives[0]!.measure)
  })

  it('is found by the batch norms where there are no labels', async () => {
    const done = await check(await colourStudy(null), colours('colours.safetensors'), {
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225]
    })
    expect(done).toMatchObject({ labelled: false, asRead: { top1: null } })
    expect(done.alternatives[0]).toMatchObject({ kind: 'channels', better: true })
    expect(done.findings[0]!.message).toMatch(
      /batch norms fit the images better: means are off by 0.01 instead of 3.06/
    )
  })

  it('is not among those that are tried again', () => {
    const present = { mean: [0.485000014, 0.456, 0.406], std: [0.229, 0.224, 0.225], source: 'file' as const }
    const texts = otherNormalizations(present).map(({ text }) => text)
    expect(texts.length).toBe(6)
    expect(texts).not.toContain("ImageNet's normalisation")
    expect(otherNormalizations({ mean: [0, 0, 0], std: [1, 1, 1], source: 'user' })[0]!.text).not.toBe(
      'no normalisation'
    )
  })
})

describe('a wrong order of colours', () => {
  it('is found, with what PyTorch computes for both', async () => {
    const { channels: _, ...red } = COLOURS
    const done = await check(await colourStudy(), colours('colours.safetensors'), red)
    const [wrong, right] = [readings['red first'], readings['as trained']]
    expect(done.asRead).toMatchObject({ top1: wrong.top1, predictedClasses: wrong.predicted })
    expect(done.asRead.batchNorms!.meanShift).toBeCloseTo(networkAgreementOf(wrong).meanShift, 4)
    expect(done.asRead.batchNorms!.varianceRatio).toBeCloseTo(networkAgreementOf(wrong).varianceRatio, 4)
    expect(better(done)).toMatchObject([{ kind: 'channels', options: COLOURS }])
    const { measure } = better(done)[0]!
    expect(measure).toMatchObject({ top1: right.top1, predictedClasses: right.predicted })
    expect(measure.entropy).toBeCloseTo(right.entropy, 5)
    expect(measure.batchNorms!.meanShift).toBeCloseTo(networkAgreementOf(right).meanShift, 4)
    expect(codes(done)[0]).toBe('channels-fit-better')
    const again = await check(await colourStudy(), colours('colours.safetensors'), COLOURS)
    expect(again).toMatchObject({ verdict: 'good', asRead: measure })
  })

  it('is found together with a wrong normalisation', async () => {
    const done = await check(await colourStudy(), colours('colours.safetensors'))
    expect(done.alternatives[0]).toMatchObject({ kind: 'channels', better: true, options: COLOURS })
    expect(done.findings[0]!.message).toContain('top-1 is 100 % instead of 25 %')
  })
})

it('an average that is behind its weights is told from them', async () => {
  const done = await check(await colourStudy(), colours('late_average.pth'), COLOURS)
  expect(done.asRead.top1).toBe(lateAverageTop1)
  expect(done.findings[0]!.code).toBe('weights-fit-better')
  expect(done.alternatives[0]).toMatchObject({
    text: 'the raw weights "state_dict" instead of the averaged ones',
    kind: 'weights',
    options: { ...COLOURS, weights: 'state_dict' },
    measure: { top1: readings['as trained'].top1 },
    better: true
  })
})

describe('wrong labels', () => {
  it('that count from one are found, and the file is not called bad', async () => {
    const study = await goldenStudy({ labels: labelFile((label) => label + 1) })
    const done = await check(study, golden('model.safetensors'), GOLDEN)
    expect(done.verdict).toBe('doubtful')
    expect(better(done)).toMatchObject([{ kind: 'labels', text: 'labels one lower', options: null }])
    expect(done.findings[0]!.code).toBe('labels-fit-better')
    expect(done.findings[0]!.message).toMatch(/labels one lower top-1 is 9\d % instead of \d %: the labels/)
  })

  it('in some other order are told from a network that guesses', async () => {
    const order = [4, 2, 0, 9, 1, 8, 3, 5, 6, 7].toReversed()
    const study = await goldenStudy({ labels: labelFile((label) => order[label]!) })
    const done = await check(study, golden('model.safetensors'), GOLDEN)
    expect(done.verdict).toBe('doubtful')
    expect(better(done)).toMatchObject([{ kind: 'labels', text: 'some other order of the classes' }])
  })

  it('of other classes than the network’s are not held against it', async () => {
    const done = await check(await colourStudy(), golden('model.safetensors'), GOLDEN)
    expect(codes(done)).toContain('classes-differ')
    expect(codes(done)).not.toContain('top1-chance')
  })
})

describe('outputs', () => {
  function changed(change: (tensors: Map<string, RawTensor>) => void): string {
    const tensors = readTensors(golden('model.safetensors'))
    change(tensors)
    return writeTensors(join(temporaryFolder(), 'changed.safetensors'), tensors)
  }

  it('that are NaN make a file bad', async () => {
    // What this scales overflows, and infinities of both signs cancel to NaN; the weights themselves are finite.
    const path = changed((tensors) => {
      const { shape } = tensors.get('bn1.weight')!
      tensors.set('bn1.weight', float32Tensor(shape, Array<number>(shape[0]!).fill(3e38)))
    })
    const done = await check(await goldenStudy(), path, GOLDEN)
    expect(done).toMatchObject({ verdict: 'bad', asRead: { notFinite: 64, entropy: null, top1: 0 } })
    expect(codes(done)).toContain('outputs-not-finite')
  })

  it('that are dead are counted', async () => {
    const path = changed((tensors) => {
      for (const name of ['fc.weight', 'fc.bias']) {
        const { shape, bytes } = tensors.get(name)!
        const values = new Float32Array(new Uint8Array(bytes).buffer)
        values.fill(0, (7 * values.length) / 10, (8 * values.length) / 10)
        tensors.set(name, float32Tensor(shape, values))
      }
    })
    const done = await check(await goldenStudy(), path, GOLDEN)
    expect(done.asRead).toMatchObject({ deadOutputs: 1, notFinite: 0 })
    expect(done.verdict).toBe('doubtful')
    expect(codes(done)).toContain('outputs-dead')
  })
})

it('a wrong choice of architecture is found, and the labels are not blamed for it', async () => {
  const wrong = { ...GOLDEN, architecture: 'resnet:v1' }
  const done = await check(await goldenStudy(), golden('model.safetensors'), wrong)
  expect(done.verdict).not.toBe('good')
  expect(better(done)).toContainEqual(
    expect.objectContaining({
      text: 'the architecture that its tensors suggest',
      kind: 'architecture',
      options: GOLDEN
    })
  )
  expect(codes(done)).toContain('architecture-fits-better')
  expect(codes(done)).not.toContain('labels-fit-better')
})

it('other sets of weights are read by name, other networks by prefix', () => {
  const dict = (name: string, averaged: boolean, chosen: boolean): object => ({
    name,
    averaged,
    chosen,
    tensors: 1
  })
  const file = {
    normalization: null,
    stateDicts: [
      dict('state_dict_ema', true, true),
      dict('state_dict', false, false),
      dict('best', true, false)
    ],
    prefixes: ['module.', 'model.'],
    prefixChoices: ['module.model.', 'module.attacker.model.'],
    architectureChoices: []
  } as Parameters<typeof otherWeights>[0]
  expect(otherWeights(file, { heads: 3 })).toEqual([
    {
      text: 'the raw weights "state_dict" instead of the averaged ones',
      kind: 'weights',
      options: { heads: 3, weights: 'state_dict' }
    },
    { text: 'the weights "best"', kind: 'weights', options: { heads: 3, weights: 'best' } },
    {
      text: 'the weights below "module.attacker.model."',
      kind: 'weights',
      options: { heads: 3, prefix: 'module.attacker.model.' }
    }
  ])
})

describe('a check that cannot run', () => {
  it('says that the study has no images', async () => {
    const { client } = workstation()
    const { id } = await client.studies.create({ name: 's', path: join(temporaryFolder(), 's.linchpin') })
    const files = [{ path: golden('model.onnx') }, { path: golden('model.safetensors') }]
    const outcomes = await client.models.check({ study: id, files })
    expect(outcomes.map(({ path }) => path)).toEqual(files.map(({ path }) => path))
    for (const { problem } of outcomes) expect(problem?.code).toBe('EVALUATION_MISSING')
  })

  it('says what is wrong with its file, and stops no other', async () => {
    const { client, study } = await colourStudy()
    const outcomes = await client.models.check({
      study,
      files: [
        { path: '/nowhere/model.onnx' },
        // It takes 32 × 32, the images are 16 × 16.
        { path: golden('model.onnx') },
        { path: colours('colours.safetensors') }
      ]
    })
    expect(outcomes.map(({ problem }) => problem?.code)).toEqual(['FILE_NOT_FOUND', 'INPUT_SIZE', undefined])
    expect(outcomes[2]!.check).not.toBeNull()
  })

  it('changes nothing in the study', async () => {
    const { client, study, path } = await goldenStudy()
    const before = readFileSync(path)
    await client.models.check({ study, files: [{ path: golden('model.onnx') }] })
    expect(readFileSync(path).equals(before)).toBe(true)
  })
})

describe('an engine', () => {
  /** A study with images whose first engine runs the given script, and every other one is the real one. */
  async function withFirstEngine(script: string): Promise<Study & { readonly exits: Promise<unknown>[] }> {
    const first = join(temporaryFolder(), 'engine.mjs')
    writeFileSync(first, script)
    const real = fileURLToPath(new URL('../../../out/main/engine.js', import.meta.url))
    const exits: Promise<unknown>[] = []
    const log = pino({ level: 'silent' })
    const app = new Application({
      host: {
        kind: 'cli',
        launchEngine: () => {
          const engine = launchEngineProcess({ entry: exits.length === 0 ? first : real, log })
          exits.push(engine.exited)
          return engine
        }
      },
      dataFolder: temporaryFolder(),
      resources: '',
      log
    })
    onTestFinished(() => app.close())
    const client: LinchpinClient = createRouterClient(app.router)
    const { id } = await client.studies.create({ name: 's', path: join(temporaryFolder(), 's.linchpin') })
    const request = evaluationRequestSchema.parse({ path: colours('images.npy'), all: true })
    await client.evaluation.set({ study: id, request })
    return { client, study: id, exits }
  }

  it('that dies fails its file alone', async () => {
    const { client, study, exits } = await withFirstEngine("process.once('message', () => process.exit(3))")
    const path = colours('colours.safetensors')
    const files = [
      { path, options: COLOURS },
      { path, options: COLOURS }
    ]
    const [died, done] = await client.models.check({ study, files })
    expect(died!.problem?.code).toBe('ENGINE_DIED')
    expect(died!.problem?.message).toContain('exit code 3')
    expect(died!.problem?.message).toContain(path)
    expect(done!.check).not.toBeNull()
    await Promise.all(exits)
  })

  it('that does not answer is stopped when the check is given up', async () => {
    const { client, study, exits } = await withFirstEngine(
      "process.on('message', () => process.send('here'))"
    )
    const giveUp = new AbortController()
    const work = client.models.check(
      { study, files: [{ path: colours('colours.safetensors') }] },
      { signal: giveUp.signal }
    )
    giveUp.abort()
    await expectProblem(work, 'CANCELLED')
    await Promise.all(exits)
  })
})
