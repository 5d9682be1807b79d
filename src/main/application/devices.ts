/** Which devices work here, how fast they are, and which of them a run takes. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger } from 'pino'
import {
  PROVIDERS,
  type Device,
  type DeviceList,
  type DeviceReport,
  type ProbeResult,
  type Provider,
  type ResolvedDevice
} from '@shared/contract/devices'
import type { Precision } from '@shared/contract/measurement'
import { LinchpinError, toProblem } from '@shared/errors'
import { adapterOf } from './adapters'
import { DeviceRecord } from './device-record'
import { Engine } from './engine'
import type { EngineProcess } from './ports'

/** Outputs of a device that differ by more, of values about 1 in size, are wrong. */
const AGREEMENT = 1e-3
/** A device that has not answered after this time is given up, in milliseconds. A software adapter takes about 10 s. */
const TIME_LIMIT = 40_000

/** Where a provider exists at all; the others may be there or not. */
const PLATFORMS: Partial<
  Readonly<Record<Provider, { readonly platform: NodeJS.Platform; readonly name: string }>>
> = {
  cuda: { platform: 'linux', name: 'Linux' },
  dml: { platform: 'win32', name: 'Windows' },
  coreml: { platform: 'darwin', name: 'macOS' }
}

export interface DevicesOptions {
  launchEngine(): EngineProcess
  /** Where the last trial's result is kept. */
  readonly file: string
  readonly log: Logger
  readonly timeLimit?: number
}

/** Tries devices, each in an engine process of its own; remembers what it found, over restarts too. */
export class Devices {
  private readonly options: DevicesOptions
  private readonly record: DeviceRecord
  private known: Promise<readonly DeviceReport[]> | null = null
  private trying: EngineProcess | null = null
  private closed = false

  constructor(options: DevicesOptions) {
    this.options = options
    this.record = new DeviceRecord(options.file)
  }

  /** @param fresh tries again what is known. */
  async list({ fresh }: { readonly fresh: boolean }): Promise<DeviceList> {
    const devices = await this.reports(fresh)
    return { devices: [...devices], auto: automatic(devices) }
  }

  /**
   * The device of a run. One that was asked for by name is taken or refused, never replaced.
   * @throws DEVICE_UNAVAILABLE, OPTION_INVALID for a precision that it has not.
   */
  async resolve(asked: Device, precision: Precision = 'float32'): Promise<ResolvedDevice> {
    const resolved = await this.resolveAlone(asked, precision === 'float16')
    if (precision === 'tf32' && resolved.provider !== 'cuda') {
      throw new LinchpinError(
        'OPTION_INVALID',
        `The precision is "tf32" and the device is "${resolved.provider}".`,
        {
          fix: 'TF32 exists on NVIDIA GPUs through cuda: choose that device, or float32.'
        }
      )
    }
    return resolved
  }

  private async resolveAlone(asked: Device, float16: boolean): Promise<ResolvedDevice> {
    // It always works, and what else there is need not be known.
    if (asked === 'cpu') return { provider: 'cpu', note: null }
    const devices = await this.reports(false)
    if (asked === 'auto') return automatic(float16 ? devices.map(onlyWithHalf) : devices)
    const found = devices.find(({ device }) => device === asked)
    const report = found !== undefined && float16 ? onlyWithHalf(found) : found
    if (report?.works === true) return { provider: asked, note: null }
    const working = devices.filter(({ works }) => works).map(({ device }) => device)
    throw new LinchpinError('DEVICE_UNAVAILABLE', `"${asked}": ${report?.reason ?? 'not tried'}.`, {
      fix: [report?.fix, `Devices that work: ${working.join(', ')}; "auto" takes the fastest.`]
        .filter((part) => part != null)
        .join(' ')
    })
  }

  /** Ends a trial that is under way. */
  async close(): Promise<void> {
    this.closed = true
    this.trying?.kill()
    await this.trying?.exited
  }

  private reports(fresh: boolean): Promise<readonly DeviceReport[]> {
    if (!fresh && this.known !== null) return this.known
    const known = this.find(fresh)
    this.known = known
    // What failed as a whole is tried again at the next call.
    known.catch(() => {
      if (this.known === known) this.known = null
    })
    return known
  }

  private async find(fresh: boolean): Promise<readonly DeviceReport[]> {
    const recorded = fresh ? null : this.record.read()
    if (recorded !== null) return recorded
    const reports: DeviceReport[] = []
    let certain = true
    // One after the other: they would slow each other down.
    for (const provider of [...PROVIDERS].reverse()) {
      const { result, answered } = await this.try(provider)
      certain &&= answered
      const processor = reports.find(({ device }) => device === 'cpu')
      reports.unshift(
        reportOf(provider, result, await adapterOf(provider), processor?.imagesPerSecond ?? null)
      )
    }
    this.options.log.info({ devices: reports }, 'devices tried')
    // No answer may be the fault of a busy machine.
    if (certain) this.record.write(reports)
    return reports
  }

  private async try(provider: Provider): Promise<{ result: ProbeResult | Failure; answered: boolean }> {
    if (this.closed) throw new LinchpinError('CANCELLED', 'The application is closing.')
    const only = PLATFORMS[provider]
    if (only !== undefined && only.platform !== process.platform) {
      return { result: failure(`exists on ${only.name} only`), answered: true }
    }
    const { timeLimit = TIME_LIMIT } = this.options
    const engineProcess = this.options.launchEngine()
    this.trying = engineProcess
    const engine = new Engine(engineProcess)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, timeLimit, null)
    })
    try {
      const answer = engine.client
        .probe({ provider })
        .catch((error: unknown) => unanswered(engineProcess, error))
      const result = await Promise.race([answer, late])
      const seconds = String(Math.round(timeLimit / 1000))
      return { result: result ?? failure(`no answer within ${seconds} s`), answered: result !== null }
    } finally {
      clearTimeout(timer)
      await engine.stop()
      this.trying = null
    }
  }
}

interface Failure {
  readonly ok: false
  readonly reason: string
  readonly fix: string | null
  readonly versions: null
}

const failure = (reason: string): Failure => ({ ok: false, reason, fix: null, versions: null })

/** Why a call has no answer: its process ended, or it was refused. */
async function unanswered(engineProcess: EngineProcess, error: unknown): Promise<Failure> {
  const exit = await Promise.race([engineProcess.exited, nextTurn(null)])
  if (exit === null) return failure(toProblem(error).message)
  const how = exit.signal === null ? `exit code ${String(exit.code)}` : `signal ${exit.signal}`
  return failure(`the engine process ended while trying it (${how}): its driver may be at fault`)
}

function reportOf(
  device: Provider,
  result: ProbeResult | Failure,
  adapter: string | null,
  processor: number | null
): DeviceReport {
  const version = result.versions?.node ?? null
  if (!result.ok) {
    const { reason, fix } = result
    return {
      device,
      works: false,
      reason,
      fix,
      imagesPerSecond: null,
      speed: null,
      difference: null,
      outputsStay: false,
      float16: false,
      adapter,
      version
    }
  }
  const { difference, imagesPerSecond, outputsStay, float16 } = result
  const agrees = difference <= AGREEMENT
  return {
    device,
    works: agrees,
    reason: agrees ? null : `its outputs differ from the processor's by ${difference.toPrecision(2)}`,
    fix: agrees ? null : 'Update the graphics driver.',
    imagesPerSecond,
    speed: device === 'cpu' ? 1 : processor === null ? null : imagesPerSecond / processor,
    difference,
    outputsStay,
    float16,
    adapter,
    version
  }
}

/** As a run in float16 finds it. */
function onlyWithHalf(report: DeviceReport): DeviceReport {
  if (!report.works || report.float16) return report
  return { ...report, works: false, reason: 'computes no float16', fix: 'Measure in float32.' }
}

/** The fastest that works; a note on what is there and does not. */
function automatic(devices: readonly DeviceReport[]): ResolvedDevice {
  const [best] = devices
    .filter(({ works }) => works)
    .sort((a, b) => (b.imagesPerSecond ?? 0) - (a.imagesPerSecond ?? 0))
  const failing = devices.filter(
    ({ works, adapter, device }) => !works && adapter !== null && device !== 'cpu'
  )
  const note = failing.map(
    ({ device, adapter, reason }) => `${device} (${adapter ?? ''}) is not used: ${reason ?? ''}.`
  )
  return { provider: best?.device ?? 'cpu', note: note.length === 0 ? null : note.join(' ') }
}
