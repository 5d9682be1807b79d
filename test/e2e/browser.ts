/** Which Chromium the browser tests drive, and how it is started. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

const usualPlaces: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['/opt/google/chrome/chrome', '/snap/bin/chromium'],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium'
  ],
  win32: [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'))
}

/**
 * The executable of CHROMIUM_PATH, or of a Chromium or Chrome installed on this machine; undefined leaves
 * the choice to Playwright.
 */
export function installedChromium(
  env: Readonly<Record<string, string | undefined>> = process.env,
  exists: (path: string) => boolean = existsSync
): string | undefined {
  const named = env.CHROMIUM_PATH
  if (named) {
    if (exists(named)) return named
    throw new Error(`CHROMIUM_PATH is ${named}, where there is no file. Correct it or unset it.`)
  }
  const onPath = (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) =>
      names.map((name) => join(folder, process.platform === 'win32' ? `${name}.exe` : name))
    )
  return [...onPath, ...(usualPlaces[process.platform] ?? [])].find(exists)
}

/** Chromium refuses its sandbox to root; the rest keeps it from asking the network for anything. */
export const chromiumArguments = (root = process.getuid?.() === 0): string[] => [
  ...(root ? ['--no-sandbox'] : []),
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run'
]
