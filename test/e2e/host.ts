/**
 * A workstation for one test: served to a browser, or in Electron's window where its runtime is. The scenarios know
 * neither; the project of playwright.config.ts decides.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { _electron, test as base, expect, type Browser, type Page } from '@playwright/test'
import { findElectron } from '../../scripts/parts/electron.ts'

const root = join(import.meta.dirname, '../..')
const cli = join(root, 'out/main/cli.js')

interface Started {
  readonly page: Page
  /** As closing the window does. */
  close(): Promise<void>
  /** As a power cut does. */
  kill(): Promise<void>
}

export interface Workstation {
  /** Where the test's files and the application's data are; gone afterwards. */
  readonly folder: string
  /** Starts the application on its data folder, a second time too. */
  start(): Promise<Started>
  /** What a command of the command line prints on stdout. */
  linchpin(...args: string[]): Promise<string>
}

export const test = base.extend<{ workstation: Workstation }>({
  workstation: async ({ browser }, use, info) => {
    const folder = await mkdtemp(join(tmpdir(), 'linchpin-e2e-'))
    const running: Started[] = []
    const environment = { ...process.env, LINCHPIN_DATA: join(folder, 'data') }
    await use({
      folder,
      async start() {
        const electron = info.project.name === 'electron'
        const started = electron ? await startElectron(folder) : await startBrowserHost(browser, environment)
        running.push(started)
        return started
      },
      async linchpin(...args) {
        const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args], {
          cwd: folder,
          env: environment,
          maxBuffer: 1 << 26
        })
        return stdout
      }
    })
    for (const started of running) await started.kill()
    await rm(folder, { recursive: true, force: true })
  }
})

async function startBrowserHost(browser: Browser, env: NodeJS.ProcessEnv): Promise<Started> {
  const host = spawn(process.execPath, [cli, 'serve', '--no-open'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore']
  })
  const address = await addressOf(host)
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } })
  const page = await context.newPage()
  await page.goto(address)
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    await context.close()
    if (host.exitCode !== null || host.signalCode !== null) return
    const exited = once(host, 'exit')
    host.kill(signal)
    await exited
  }
  return { page, close: () => end('SIGINT'), kill: () => end('SIGKILL') }
}

async function addressOf(host: ChildProcess): Promise<string> {
  if (host.stdout === null) throw new Error('the host has no output')
  for await (const line of createInterface(host.stdout)) {
    const address = /http:\S+/.exec(line)?.[0]
    if (address !== undefined) return address
  }
  throw new Error('the host ended without printing its address')
}

async function startElectron(folder: string): Promise<Started> {
  const executablePath = findElectron(root)
  if (executablePath === undefined) throw new Error('the runtime of Electron is not on this machine')
  const application = await _electron.launch({
    executablePath,
    args: [root, `--user-data-dir=${join(folder, 'data')}`]
  })
  const page = await application.firstWindow()
  return {
    page,
    close: () => application.close(),
    async kill() {
      const child = application.process()
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    }
  }
}

export interface CellOnPage {
  readonly model: string
  readonly layer: string
  readonly criticality: string
  readonly trials: string
}

/** The measured cells of the chart, from the table behind it. */
export async function cellsOnPage(page: Page): Promise<CellOnPage[]> {
  return page.locator('table[aria-label="Criticality of layers"] [data-criticality]').evaluateAll((cells) =>
    cells.map((cell) => ({
      model: cell.getAttribute('data-model') ?? '',
      layer: cell.getAttribute('data-layer') ?? '',
      criticality: cell.getAttribute('data-criticality') ?? '',
      trials: cell.getAttribute('data-trials') ?? ''
    }))
  )
}

export { expect }
