import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chromiumArguments, installedChromium } from '../e2e/browser.ts'

const on =
  (...paths: string[]) =>
  (path: string): boolean =>
    paths.includes(path)
const extension = process.platform === 'win32' ? '.exe' : ''
const chrome = join('/opt/b', `google-chrome${extension}`)

describe('the browser of the tests', () => {
  test('is the one named in CHROMIUM_PATH', () => {
    expect(
      installedChromium({ CHROMIUM_PATH: '/my/chromium', PATH: '/opt/b' }, on('/my/chromium', chrome))
    ).toBe('/my/chromium')
  })

  test('that is not there is an error, not another browser', () => {
    expect(() => installedChromium({ CHROMIUM_PATH: '/my/chromium', PATH: '/opt/b' }, on(chrome))).toThrow(
      'CHROMIUM_PATH is /my/chromium, where there is no file.'
    )
  })

  test('is found on the PATH, or left to Playwright', () => {
    const PATH = ['/opt/a', '/opt/b'].join(process.platform === 'win32' ? ';' : ':')
    expect(installedChromium({ PATH }, on(chrome))).toBe(chrome)
    expect(installedChromium({ PATH }, on())).toBeUndefined()
  })

  test('has no sandbox as root, and only then', () => {
    expect(chromiumArguments(true)).toContain('--no-sandbox')
    expect(chromiumArguments(false)).not.toContain('--no-sandbox')
  })
})
