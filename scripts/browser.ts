/** Sees to it that the browser tests have a browser: an installed one, else Playwright's, else Debian's. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { installedChromium } from '../test/e2e/browser.ts'
import { projectFolder } from './parts/project.ts'

const fetchLimitMs = 10 * 60_000

/** A browser that starts; one without its libraries, or Ubuntu's stub of a snap, does not. */
function works(executable: string): boolean {
  return spawnSync(executable, ['--version'], { stdio: 'ignore', timeout: 60_000 }).status === 0
}

function find(): string | undefined {
  const installed = installedChromium()
  if (installed !== undefined) return works(installed) ? installed : undefined
  const playwrights = chromium.executablePath()
  return existsSync(playwrights) && works(playwrights) ? playwrights : undefined
}

function run(command: string, words: readonly string[]): void {
  spawnSync(command, words, {
    cwd: projectFolder,
    stdio: ['ignore', 2, 2],
    timeout: fetchLimitMs,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  })
}

const playwright = join(projectFolder, 'node_modules', '@playwright', 'test', 'cli.js')
const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')

const sources: readonly (() => void)[] = [
  () => {
    run(process.execPath, [playwright, 'install', 'chromium'])
  },
  () => {
    if (mayInstall && existsSync(chromium.executablePath())) {
      run(process.execPath, [playwright, 'install-deps', 'chromium'])
    }
  },
  () => {
    if (mayInstall) {
      run('apt-get', ['update'])
      run('apt-get', ['install', '-y', 'chromium'])
    }
  }
]

let browser = find()
for (const fetch of sources) {
  if (browser !== undefined) break
  fetch()
  browser = find()
}

if (browser === undefined) {
  console.error(
    'No browser for the tests: no Chromium or Chrome was found, and neither Playwright nor apt-get could ' +
      'install one. Install Chromium or Chrome, or name its executable in CHROMIUM_PATH.'
  )
  process.exitCode = 1
} else {
  console.log(`Browser: ${browser}`)
}
