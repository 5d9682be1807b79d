import { describe, expect, test } from 'vitest'
import { couldNotOpen, decideHost, hasServeOptions, type HostFacts } from '../../scripts/parts/host.ts'

const desktop: HostFacts = {
  platform: 'linux',
  display: true,
  root: false,
  browserFlag: false,
  serveOptions: false,
  runtime: true
}

describe('the host of npm start', () => {
  test('is the desktop where a window can be opened', () => {
    expect(decideHost(desktop)).toEqual({ host: 'desktop' })
  })

  test('is the browser, without a word, for who asks for it', () => {
    expect(decideHost({ ...desktop, browserFlag: true })).toEqual({ host: 'browser' })
    expect(decideHost({ ...desktop, serveOptions: true })).toEqual({ host: 'browser' })
  })

  test.each([
    ['no display', { display: false }, 'No display: Linchpin runs in the browser.'],
    ['no display and no runtime', { display: false, runtime: false }, /^No display:/],
    ['root', { root: true }, /root.*: Linchpin runs in the browser\.$/],
    ['no runtime', { runtime: false }, 'No Electron runtime on this machine: Linchpin runs in the browser.']
  ])('is the browser with %s, and says why', (_, facts, reason) => {
    const choice = decideHost({ ...desktop, ...facts })
    expect(choice.host).toBe('browser')
    expect(choice.reason).toMatch(reason)
  })

  test.each(['darwin', 'win32'] as const)('needs no display variable and minds no root on %s', (platform) => {
    expect(decideHost({ ...desktop, platform, display: false, root: true }).host).toBe('desktop')
  })

  test('knows the options that only the browser has', () => {
    expect(hasServeOptions(['a.linchpin', '--port', '1234'])).toBe(true)
    expect(hasServeOptions(['--port=1234'])).toBe(true)
    expect(hasServeOptions(['--no-open'])).toBe(true)
    expect(hasServeOptions(['a.linchpin'])).toBe(false)
  })

  test('falls back when Electron dies before its window, not when it is closed', () => {
    expect(couldNotOpen(127, null)).toBe(true)
    expect(couldNotOpen(null, 'SIGTRAP')).toBe(true)
    expect(couldNotOpen(0, null)).toBe(false)
    expect(couldNotOpen(null, 'SIGINT')).toBe(false)
  })
})
