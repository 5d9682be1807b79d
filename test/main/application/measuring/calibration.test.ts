/** How networks are run: as asked for, as tried once, or as usual. Engines are fake. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Model } from '@shared/contract/model'
import { Calibrations } from '../../../../src/main/application/measuring/calibration'
import { Engine } from '../../../../src/main/application/engine'
import { launchEngineProcess } from '../../../../src/main/hosts/engine-process'
import { pino } from 'pino'
import { temporaryFolder } from '../../../support/folder'
import { bundledFakeEngine, readCalls } from '../../../support/fake-engines'
import { layer, storedModel } from '../../../support/study'

const entry = bundledFakeEngine()

/** 10¹⁰ multiply–accumulates: a thousand passes take a while. */
const LARGE = { ...layer('conv'), macs: 1e10 }
const LONG = 1000

function calibrator(file = join(temporaryFolder(), 'calibrations.json')) {
  const log = join(temporaryFolder(), 'calls.jsonl')
  const engine = new Engine(
    launchEngineProcess({
      entry: entry(),
      log: pino({ level: 'silent' }),
      env: { ...process.env, FAKE_ENGINE: JSON.stringify({ log }) }
    })
  )
  onTestFinished(() => engine.stop())
  const target = (model: Partial<Model> = {}, side = 224, provider: 'cpu' | 'cuda' = 'cpu') => ({
    model: { ...storedModel('m').model, layers: [LARGE], ...model },
    path: '/m',
    options: {},
    provider,
    precision: 'float32' as const,
    images: { path: 'i', offset: 0, dtype: 'uint8' as const, height: side, width: side, channelsLast: false, count: 5000 }
  }) // prettier-ignore
  const setting = (
    asked: { batch?: number; threads?: number } = {},
    of = target(),
    work = LONG
  ): Promise<{ batch: number; threads: number | null }> =>
    new Calibrations(file).settingFor(asked, of, work, engine)
  return { file, setting, target, calls: () => readCalls(log).calibrate }
}

it('a long run’s network is tried once with threads and batches that fit, and remembered', async () => {
  const { setting, calls, target, file } = calibrator()
  expect(await setting()).toEqual({ batch: 8, threads: 1 })
  expect(await setting()).toEqual({ batch: 8, threads: 1 })
  expect(calls().length).toBe(1)
  const cores = availableParallelism()
  expect(calls()[0]).toMatchObject({
    batches: [1, 2, 4, 8, 16, 32, 64],
    threads: [...new Set([1, Math.ceil(cores / 2), cores])],
    execution: { provider: 'cpu', precision: 'float32' }
  })
  expect(Object.values(JSON.parse(readFileSync(file, 'utf8')) as object)).toEqual([
    { batch: 8, threads: 1, imagesPerSecond: 100 }
  ])
  // Another network, size of images or device is another question.
  await setting({}, target({ hash: 'other' }))
  await setting({}, target({}, 448))
  await setting({}, target({}, 224, 'cuda'))
  expect(calls().map(({ batches }) => batches.at(-1))).toEqual([64, 64, 16, 256])
  expect(calls()[3]!.threads).toEqual([1])
})

it('what is asked for is taken as it is', async () => {
  const { setting, calls, target } = calibrator()
  expect(await setting({ batch: 5, threads: 3 })).toEqual({ batch: 5, threads: 3 })
  expect(await setting({ batch: 5 }, target({}, 224, 'cuda'))).toEqual({ batch: 5, threads: null })
  expect(calls()).toEqual([])
  await setting({ batch: 5 })
  await setting({ threads: 3 })
  expect(calls().map(({ batches, threads }) => [batches.length, threads.length === 1])).toEqual([
    [1, availableParallelism() === 1],
    [7, true]
  ])
})

it('a short run is not worth trying, unless it was tried before', async () => {
  const { setting, calls, file } = calibrator()
  expect(await setting({}, undefined, 10)).toEqual({ batch: 16, threads: null })
  expect(existsSync(file)).toBe(false)
  await setting()
  expect(await setting({}, undefined, 10)).toEqual({ batch: 8, threads: 1 })
  expect(calls().length).toBe(1)
})

it('a damaged file is made again', async () => {
  const { setting, calls, file } = calibrator()
  writeFileSync(file, '{"x": 3')
  await setting()
  await setting()
  expect(calls().length).toBe(1)
})
