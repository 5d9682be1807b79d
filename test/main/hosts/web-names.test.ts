import { hostname } from 'node:os'
import { describe, expect, test } from 'vitest'
import { canOpenBrowser } from '../../../src/main/hosts/web/browser'
import { isAllowedHost, isSameOrigin, printedHost, urlHost } from '../../../src/main/hosts/web/host-names'
import { SessionGate } from '../../../src/main/hosts/web/session-gate'

test.each([
  ['localhost', '127.0.0.1', true],
  ['[::1]:80', '127.0.0.1', true],
  ['gpu.lab:8000', 'gpu.lab', true],
  ['GPU.lab:8000', 'gpu.lab', true],
  ['gpu.lab.evil.example:8000', 'gpu.lab', false],
  ['[fe80::1]:8000', 'fe80::1', true],
  ['192.168.1.5:8000', '127.0.0.1', false],
  ['192.168.1.5:8000', '0.0.0.0', true],
  ['[2001:db8::1]:8000', '::', true],
  [`${hostname()}:8000`, '0.0.0.0', true],
  ['evil.example', '0.0.0.0', false],
  ['127.0.0.1.evil.example', '0.0.0.0', false],
  ['', '127.0.0.1', false],
  [undefined, '127.0.0.1', false],
  ['localhost:80:80', '127.0.0.1', false],
  ['user@localhost', '127.0.0.1', false],
  ['localhost/x', '127.0.0.1', false],
  ["localhost:1; script-src 'unsafe-inline'", '127.0.0.1', false]
])('Host %s on a server that listens on %s: %s', (header, bound, allowed) => {
  expect(isAllowedHost(header, bound)).toBe(allowed)
})

test.each([
  ['http://127.0.0.1:80', '127.0.0.1', true],
  ['http://localhost:9000', 'localhost:9000', true],
  ['https://localhost:9000', 'localhost:9000', true],
  ['http://localhost:9000', 'localhost:9001', false],
  ['http://localhost:9000', '127.0.0.1:9000', false],
  ['null', 'localhost', false],
  ['linchpin://localhost', 'localhost', false],
  [undefined, 'localhost', false],
  ['http://localhost', undefined, false]
])('origin %s at host %s: %s', (origin, host, same) => {
  expect(isSameOrigin(origin, host)).toBe(same)
})

test.each([
  ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
  ['::1', '[::1]', '[::1]'],
  ['[::1]', '[::1]', '[::1]'],
  ['0.0.0.0', '0.0.0.0', '127.0.0.1'],
  ['::', '[::]', '[::1]'],
  ['GPU.lab', 'gpu.lab', 'gpu.lab']
])('%s is %s in a URL and printed as %s', (host, url, printed) => {
  expect(urlHost(host)).toBe(url)
  expect(printedHost(host)).toBe(printed)
})

describe('a browser is opened where its user sees it', () => {
  test.each<[NodeJS.Platform, NodeJS.ProcessEnv, boolean]>([
    ['darwin', {}, true],
    ['win32', {}, true],
    ['linux', {}, false],
    ['linux', { DISPLAY: '' }, false],
    ['linux', { DISPLAY: ':0' }, true],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, true],
    ['linux', { DISPLAY: ':0', CI: 'true' }, false],
    ['darwin', { CI: '1' }, false],
    ['linux', { DISPLAY: 'localhost:10.0', SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' }, false]
  ])('%s %j: %s', (platform, env, can) => {
    expect(canOpenBrowser(platform, env)).toBe(can)
  })
})

test('a session of one server is none of another on the same host', () => {
  const a = new SessionGate(() => undefined)
  const b = new SessionGate(() => undefined)
  const cookie = a.enter(a.token)?.split(';')[0]
  expect(a.admits(cookie)).toBe(true)
  expect(b.admits(cookie)).toBe(false)
  expect(a.admits(`other=1; ${cookie}`)).toBe(true)
  expect(a.admits(`${cookie}x`)).toBe(false)
  expect(a.admits(undefined)).toBe(false)
})
