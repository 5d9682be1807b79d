import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { expect, onTestFinished, test } from 'vitest'
import type { WebSocket } from 'ws'
import { startWebHost } from '../../../src/main/hosts/web/server'
import type { LinchpinClient } from '../../../src/shared/contract'
import { recordingLog, servedApplication, temporaryFolder } from './served-fixture'
import { ask, enter, refusal, serve, socket } from './web-fixture'

function clientOver(websocket: WebSocket): LinchpinClient {
  return createORPCClient(new RPCLink({ websocket }))
}

test('the printed address opens a session and leads to the page', async () => {
  const { host, port } = await serve()
  const { status, headers } = await ask(port, host.address.slice(host.origin.length))
  expect(status).toBe(303)
  expect(headers.location).toBe('/')
  expect(headers['set-cookie']?.[0]).toMatch(/^linchpin-[^;]+; Path=\/; HttpOnly; SameSite=Strict$/)

  const page = await ask(port, '/', { headers: { Cookie: headers['set-cookie']?.[0]?.split(';')[0] } })
  expect(page.status).toBe(200)
  expect(page.body).toContain('the page')
  expect(page.headers['cache-control']).toBe('no-store')
})

test('a link of another site leads on by a page, because a strict cookie stays behind a redirect', async () => {
  const { host, port } = await serve()
  const answer = await ask(port, host.address.slice(host.origin.length), {
    headers: { 'Sec-Fetch-Site': 'cross-site' }
  })
  expect(answer.status).toBe(200)
  expect(answer.headers['set-cookie']).toHaveLength(1)
  expect(answer.body).toContain('content="0;url=/"')
})

test.each(['/', '/index.html', '/assets/app-1.js', '/?token=', '/?token=guess', '/nothing', '//', '/%', '*'])(
  'without a session %s is forbidden, and says what to do',
  async (target) => {
    const { port } = await serve()
    const answer = await ask(port, target)
    expect(answer.status).toBe(403)
    expect(answer.body).toContain('printed in its terminal')
    expect(answer.headers['set-cookie']).toBeUndefined()
  }
)

test('the icon needs no session', async () => {
  const { port } = await serve()
  expect((await ask(port, '/favicon.svg')).status).toBe(200)
})

test('the page gets its headers, its files their life times, and nothing outside the folder', async () => {
  const { host, port } = await serve()
  const headers = { Cookie: await enter(host.address) }
  const page = await ask(port, '/', { headers })
  expect(page.headers['content-security-policy']).toContain("default-src 'self'; script-src 'self';")
  expect(page.headers['content-security-policy']).toContain(`ws://127.0.0.1:${port} `)
  expect(page.headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin'
  })
  const script = await ask(port, '/assets/app-1.js', { headers: { ...headers, Range: 'bytes=9-2' } })
  expect(script.status).toBe(200)
  expect(script.headers['cache-control']).toContain('immutable')
  for (const target of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt'
  ]) {
    expect((await ask(port, target, { headers })).status).toBe(404)
  }
  expect((await ask(port, '/', { method: 'POST', headers, body: 'x' })).status).toBe(405)
})

test('a host name that is not ours is refused, any port of a loopback name is not', async () => {
  const { host, port } = await serve()
  const Cookie = await enter(host.address)
  for (const name of ['localhost:9000', '127.0.0.1:1', '[::1]:9000', 'LOCALHOST']) {
    expect((await ask(port, '/', { headers: { Cookie, Host: name } })).status).toBe(200)
  }
  for (const name of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost:1@evil']) {
    expect((await ask(port, '/', { headers: { Cookie, Host: name } })).status).toBe(403)
  }
})

test('a token is used up when its session connects, not when something looks at the address', async () => {
  const { host, port, addresses } = await serve()
  const first = host.address
  const preview = await enter(first)
  const browser = await enter(first)
  expect(addresses).toEqual([])

  const connection = socket(port, browser)
  await once(connection, 'open')
  expect(addresses).toEqual([host.address])
  expect(host.address).not.toBe(first)

  await expect(enter(first)).rejects.toThrow('403')
  expect((await ask(port, '/', { headers: { Cookie: preview } })).status).toBe(403)
  expect((await ask(port, '/', { headers: { Cookie: browser } })).status).toBe(200)

  const second = await enter(host.address)
  await once(socket(port, second), 'open')
  expect(addresses).toHaveLength(2)

  await once(socket(port, browser), 'open')
  expect(addresses).toHaveLength(2)
})

test('a browser that has a session may use an old address again', async () => {
  const { host, port } = await serve()
  const first = host.address
  const Cookie = await enter(first)
  await once(socket(port, Cookie), 'open')
  const again = await ask(port, first.slice(host.origin.length), { headers: { Cookie } })
  expect(again.status).toBe(303)
  expect(again.headers['set-cookie']).toBeUndefined()
})

test('a WebSocket carries calls of the page, and of nobody else', async () => {
  const { host, port } = await serve()
  const cookie = await enter(host.address)
  expect(await refusal(socket(port, undefined))).toBe(403)
  expect(await refusal(socket(port, 'linchpin-x=guess'))).toBe(403)
  expect(await refusal(socket(port, cookie, { Origin: 'http://evil.example' }))).toBe(403)
  expect(await refusal(socket(port, cookie, { Origin: 'null' }))).toBe(403)
  expect(await refusal(socket(port, cookie, { Host: 'evil.example', Origin: 'http://evil.example' }))).toBe(
    403
  )

  const client = clientOver(socket(port, cookie))
  await expect(client.application.chooseFiles({ purpose: 'images' })).resolves.toEqual(['images'])
  const forwarded = socket(port, cookie, { Host: 'localhost:9000', Origin: 'http://localhost:9000' })
  await expect(clientOver(forwarded).application.chooseFiles({ purpose: 'study' })).resolves.toEqual([
    'study'
  ])
})

test('closing the host rejects what pages wait for and aborts it', async () => {
  const { host, port, witness } = await serve()
  const client = clientOver(socket(port, await enter(host.address)))
  const call = client.studies.open({ path: 'p' })
  const refused = expect(call).rejects.toMatchObject({ name: 'AbortError' })
  await witness.started
  await host.close()
  await refused
  await witness.aborted
  await expect(ask(port, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('a page that does not answer pings is taken for gone', async () => {
  const { host, port, witness } = await serve({ keepAlive: 5 })
  const webSocket = socket(port, await enter(host.address))
  webSocket.on('ping', () => webSocket.pause())
  const client = clientOver(webSocket)
  client.studies.open({ path: 'p' }).catch(() => undefined)
  await witness.aborted
  webSocket.terminate()
})

test('a port in use is quoted', async () => {
  const other = createServer()
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  await expect(serve({ port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringContaining(String(port)) as string,
    fix: expect.stringContaining('--port') as string
  })
})

test.each([
  { host: '192.0.2.1', port: 0, quoted: '"192.0.2.1"' },
  { host: 'no.such.host.invalid', port: 0, quoted: '"no.such.host.invalid"' },
  { host: '127.0.0.1', port: 70000, quoted: '70000' },
  { host: '127.0.0.1', port: 1.5, quoted: '1.5' }
])('$host:$port cannot be listened on', async ({ host, port, quoted }) => {
  await expect(serve({ host, port })).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    message: expect.stringContaining(quoted) as string
  })
})

test('a page that has not been built is missed at the start', async () => {
  const { log } = recordingLog()
  const rendererFolder = await temporaryFolder()
  await expect(startWebHost(servedApplication(log).app, { rendererFolder, log })).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    fix: expect.stringContaining('npm run build') as string
  })
})
