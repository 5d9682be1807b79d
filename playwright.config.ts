import { defineConfig } from '@playwright/test'
import { findElectron } from './scripts/parts/electron.ts'
import { chromiumArguments, installedChromium } from './test/e2e/browser.ts'

const executablePath = installedChromium()

export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'test-results/e2e',
  workers: 1,
  retries: 0,
  // Watchdogs: a test waits for what it needs, never for a time.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list'], ['json', { outputFile: 'test-results/e2e.json' }]],
  projects: [
    {
      name: 'browser-host',
      use: {
        browserName: 'chromium',
        screenshot: 'only-on-failure',
        launchOptions: {
          args: chromiumArguments(),
          ...(executablePath !== undefined && { executablePath })
        }
      }
    },
    // The same scenarios against the desktop window, where Electron's runtime is on this machine.
    ...(findElectron(import.meta.dirname) === undefined ? [] : [{ name: 'electron' }])
  ]
})
