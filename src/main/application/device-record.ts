/** What a trial of the devices found, kept on disk for as long as nothing changes that it depends on. */
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { release } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { deviceReportSchema, type DeviceReport } from '@shared/contract/devices'
import { errnoOf } from '../files/errors'
import { VERSION } from './version'

const recordSchema = z.object({ key: z.string(), devices: z.array(deviceReportSchema) })

/** Variables that choose drivers, libraries or adapters. */
const VARIABLES = /^(CUDA|NVIDIA|VK|LD_LIBRARY|DYLD|MESA|DRI|GPU|HIP|ROCR|ZE|METAL)/

export class DeviceRecord {
  private readonly path: string
  private readonly key: string

  constructor(path: string, env: NodeJS.ProcessEnv = process.env) {
    this.path = path
    this.key = keyOf(env)
  }

  /** Null where there is none, or one of other circumstances. */
  read(): DeviceReport[] | null {
    try {
      const { key, devices } = recordSchema.parse(JSON.parse(readFileSync(this.path, 'utf8')))
      return key === this.key ? devices : null
    } catch {
      return null
    }
  }

  write(devices: readonly DeviceReport[]): void {
    const temporary = `${this.path}.${String(process.pid)}`
    try {
      writeFileSync(temporary, JSON.stringify({ key: this.key, devices }, null, 2))
      renameSync(temporary, this.path)
    } catch (error) {
      // E.g. a full disk: the devices are tried again at the next start.
      if (errnoOf(error) === undefined) throw error
    }
  }
}

function keyOf(env: NodeJS.ProcessEnv): string {
  const variables = Object.entries(env)
    .filter(([name]) => VARIABLES.test(name))
    .sort()
  return JSON.stringify([
    VERSION,
    process.version,
    process.platform,
    process.arch,
    release(),
    runtimeFiles(),
    graphicsDevices(),
    variables
  ])
}

/** Names and sizes of the runtime's native files: other versions differ, and CUDA's may have been added. */
function runtimeFiles(): string[] {
  try {
    const main = createRequire(import.meta.url).resolve('onnxruntime-node')
    const folder = join(dirname(main), '../bin/napi-v6', process.platform, process.arch)
    return readdirSync(folder)
      .sort()
      .map((name) => `${name} ${String(statSync(join(folder, name)).size)}`)
  } catch {
    return []
  }
}

/** What the kernel of Linux says of graphics devices and NVIDIA's driver. */
function graphicsDevices(): string[] {
  const driver = '/proc/driver/nvidia/version'
  const names = ['/dev/dri', '/sys/class/drm'].flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder).sort() : []
  )
  return existsSync(driver) ? [...names, readFileSync(driver, 'utf8')] : names
}
