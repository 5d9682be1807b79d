import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Devices } from '../../../src/main/application/devices'
import { DeviceRecord } from '../../../src/main/application/device-record'
import { launchEngineProcess } from '../../../src/main/hosts/engine-process'
import { toProblem } from '../../../src/shared/errors'
import { temporaryFolder } from '../../support/folder'
import { bundleEngineFixture, type EngineFixture } from '../hosts/engine-bundle'

let bundle: EngineFixture
beforeAll(async () => {
  bundle = await bundleEngineFixture()
})
afterAll(() => bundle.remove())

interface Trial {
  readonly devices: Devices
  /** Engines started so far. */
  readonly started: () => number
  readonly file: string
}

/** @param fates what becomes of a provider in the engine of engine-fixture.ts. */
function trial(fates: string, options: { timeLimit?: number; folder?: string } = {}): Trial {
  const log = pino({ level: 'silent' })
  const file = join(options.folder ?? temporaryFolder(), 'devices.json')
  let started = 0
  const devices = new Devices({
    launchEngine: () => {
      started++
      return launchEngineProcess({
        entry: bundle.entry,
        log,
        killGrace: 1,
        env: { ...process.env, FATES: fates }
      })
    },
    file,
    log,
    ...(options.timeLimit === undefined ? {} : { timeLimit: options.timeLimit })
  })
  onTestFinished(() => devices.close())
  return { devices, started: () => started, file }
}

const report = async ({ devices }: Trial, device: string) =>
  (await devices.list({ fresh: false })).devices.find((other) => other.device === device)

describe('a device that is tried', () => {
  it('works where it answers and agrees; auto takes the fastest', async () => {
    const made = trial('webgpu=1e-4 cuda=refuse')
    const { devices, auto } = await made.devices.list({ fresh: false })
    expect(devices.map(({ device }) => device)).toEqual(['cuda', 'webgpu', 'dml', 'coreml', 'cpu'])
    expect(await report(made, 'webgpu')).toMatchObject({
      works: true,
      speed: 2.5,
      difference: 1e-4,
      reason: null
    })
    expect(auto.provider).toBe('webgpu')
  })

  it('does not work where its outputs are others than the processor’s, however fast it is', async () => {
    const made = trial('webgpu=0.002 cuda=refuse')
    expect(await report(made, 'webgpu')).toMatchObject({ works: false, difference: 0.002 })
    expect((await report(made, 'webgpu'))?.reason).toContain('differ from the processor')
    expect(await made.devices.resolve('auto')).toMatchObject({ provider: 'cpu' })
  })

  it('may end its process', async () => {
    const made = trial('webgpu=crash cuda=refuse')
    expect(await report(made, 'webgpu')).toMatchObject({
      works: false,
      reason: expect.stringContaining('signal SIGSEGV') as string
    })
    expect(await report(made, 'cpu')).toMatchObject({ works: true })
  })

  it('may never answer, and that is not remembered', async () => {
    const made = trial('webgpu=hang cuda=refuse', { timeLimit: 1000 })
    expect((await report(made, 'webgpu'))?.reason).toBe('no answer within 1 s')
    expect(existsSync(made.file)).toBe(false)
  })

  it('that another system alone has is not tried', async () => {
    const made = trial('')
    const foreign = process.platform === 'darwin' ? 'dml' : 'coreml'
    expect((await report(made, foreign))?.reason).toMatch(/^exists on (Windows|macOS) only$/)
  })
})

describe('the device of a run', () => {
  it('is the one that was asked for, or none', async () => {
    const { devices } = trial('webgpu=refuse cuda=refuse')
    const error: unknown = await devices.resolve('webgpu').catch((e: unknown) => e)
    expect(toProblem(error)).toEqual({
      code: 'DEVICE_UNAVAILABLE',
      message: 'The device cannot be used here. "webgpu": no adapter.',
      fix: 'Add one. Devices that work: cpu; "auto" takes the fastest.'
    })
  })

  it('is the processor without a trial', async () => {
    const made = trial('webgpu=hang')
    expect(await made.devices.resolve('cpu')).toEqual({ provider: 'cpu', note: null })
    expect(made.started()).toBe(0)
  })

  it('has TF32 only with cuda', async () => {
    const { devices } = trial('')
    await expect(devices.resolve('cpu', 'tf32')).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    await expect(devices.resolve('cpu', 'float16')).resolves.toMatchObject({ provider: 'cpu' })
  })
})

describe('a run in float16', () => {
  it('takes a device that computes it', async () => {
    const { devices } = trial('webgpu=0 cuda=refuse')
    expect(await devices.resolve('auto')).toMatchObject({ provider: 'webgpu' })
    expect(await devices.resolve('auto', 'float16')).toMatchObject({ provider: 'cpu' })
    await expect(devices.resolve('webgpu', 'float16')).rejects.toMatchObject({ code: 'DEVICE_UNAVAILABLE' })
  })
})

describe('what was found', () => {
  it('is known after a restart, until it is tried afresh or something changes', async () => {
    const folder = temporaryFolder()
    const first = trial('webgpu=refuse cuda=refuse', { folder })
    const found = await first.devices.list({ fresh: false })
    await first.devices.list({ fresh: false })
    const engines = first.started()
    expect(engines).toBeGreaterThan(1)

    const second = trial('webgpu=0 cuda=refuse', { folder })
    expect(await second.devices.list({ fresh: false })).toEqual(found)
    expect(second.started()).toBe(0)
    expect((await second.devices.list({ fresh: true })).auto.provider).toBe('webgpu')
    expect(second.started()).toBe(engines)

    expect(new DeviceRecord(first.file).read()).not.toBeNull()
    expect(new DeviceRecord(first.file, { ...process.env, VK_DRIVER_FILES: '/other.json' }).read()).toBeNull()
  })

  it('is found again where its file is damaged', async () => {
    const folder = temporaryFolder()
    const made = trial('', { folder })
    writeFileSync(made.file, '{"key":')
    expect((await made.devices.list({ fresh: false })).devices).toHaveLength(5)
    expect(JSON.parse(readFileSync(made.file, 'utf8'))).toHaveProperty('devices')
  })
})
