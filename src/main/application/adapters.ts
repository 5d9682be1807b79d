/** Names of graphics adapters. The runtime's binding tells none, so the system is asked. */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Provider } from '@shared/contract/devices'

/** A tool that has not answered after this time is given up, in milliseconds. */
const PATIENCE = 5_000

const VENDORS: ReadonlyMap<string, string> = new Map([
  ['0x1002', 'AMD'],
  ['0x10de', 'NVIDIA'],
  ['0x8086', 'Intel']
])

/** The adapter that a provider would use: its name, as well as the system tells it; null where none is known. */
export async function adapterOf(
  provider: Provider,
  env: NodeJS.ProcessEnv = process.env
): Promise<string | null> {
  if (provider === 'cpu') return processor()
  if (provider === 'cuda') return process.platform === 'linux' ? nvidia() : null
  if (provider === 'dml') return process.platform === 'win32' ? windows() : null
  if (provider === 'coreml' && process.platform !== 'darwin') return null
  switch (process.platform) {
    case 'win32':
      return windows()
    case 'darwin':
      // The GPU is part of the chip, and has its name.
      return processor()
    default:
      return softwareDriver(env) ?? (await nvidia()) ?? kernelsAdapter()
  }
}

function processor(): string | null {
  return cpus()[0]?.model.trim() ?? null
}

function nvidia(): Promise<string | null> {
  return firstLine('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'])
}

function windows(): Promise<string | null> {
  return firstLine('powershell.exe', [
    '-NoProfile',
    '-Command',
    '(Get-CimInstance Win32_VideoController).Name'
  ])
}

/** Null where the tool is missing or fails. */
async function firstLine(command: string, words: readonly string[]): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(command, words, { timeout: PATIENCE, windowsHide: true })
    const [line = ''] = stdout.trim().split(/\r?\n/)
    return line === '' ? null : line.trim()
  } catch {
    return null
  }
}

/** A Vulkan driver that computes on the processor, where the environment asks for one. */
function softwareDriver(env: NodeJS.ProcessEnv): string | null {
  const driver = env['VK_DRIVER_FILES'] ?? env['VK_ICD_FILENAMES'] ?? ''
  if (/swiftshader/i.test(driver)) return 'SwiftShader (software)'
  return /lvp_icd|lavapipe/i.test(driver) ? 'llvmpipe (software)' : null
}

/** What the kernel of Linux calls a graphics card. */
function kernelsAdapter(folder = '/sys/class/drm'): string | null {
  if (!existsSync(folder)) return null
  for (const card of readdirSync(folder).filter((name) => /^card\d+$/.test(name))) {
    const read = (name: string): string => {
      const path = join(folder, card, 'device', name)
      return existsSync(path) ? readFileSync(path, 'utf8').trim() : ''
    }
    const vendor = VENDORS.get(read('vendor'))
    if (vendor !== undefined) return `${vendor} graphics (PCI ${read('vendor')}:${read('device')})`
  }
  return null
}
