import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect, test } from 'vitest'
import { fileError } from '../../../src/main/files/errors'
import { parseUploadPath } from '../../../src/main/hosts/web/upload-path'
import { storeUpload } from '../../../src/main/hosts/web/uploads'
import { temporaryFolder } from './served-fixture'
import { ask, enter, serve } from './web-fixture'

const GROUP = '123e4567-e89b-42d3-a456-426614174000'
const MEGABYTE = 1024 * 1024

async function served() {
  const { host, port, uploads, line } = await serve()
  const headers = { Cookie: await enter(host.address), Origin: host.origin }
  return { host, port, uploads, line, headers }
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

test('a file arrives under its name, with its hash, and again when it is sent again', async () => {
  const { port, uploads, headers } = await served()
  for (const body of ['first', 'abc']) {
    const target = `/uploads/${GROUP}/cats/a%20cat%23%25%C3%A9.png`
    const answer = await ask(port, target, { method: 'PUT', headers, body })
    expect(answer.status).toBe(200)
    if (body !== 'abc') continue
    const path = join(uploads, GROUP, 'cats', 'a cat#%é.png')
    expect(JSON.parse(answer.body)).toEqual({
      path,
      root: join(uploads, GROUP),
      size: 3,
      // FIPS 180-2, example B.1.
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    })
    expect(await readFile(path, 'utf8')).toBe('abc')
    expect(await filesIn(uploads)).toEqual([path])
  }
})

test('an empty file arrives too', async () => {
  const { port, headers } = await served()
  const answer = await ask(port, `/uploads/${GROUP}/empty`, {
    method: 'PUT',
    headers: { ...headers, 'Content-Length': 0 }
  })
  expect(JSON.parse(answer.body)).toMatchObject({ size: 0 })
})

test('a large file goes through in pieces and is whole', async () => {
  const { port, headers } = await served()
  const piece = Buffer.from(Array.from({ length: MEGABYTE }, (_, index) => (index * 31) % 251))
  const sent = createHash('sha256')
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let index = 0; index < 50; index++) {
      sent.update(piece)
      yield piece
    }
  }
  const answer = await ask(port, `/uploads/${GROUP}/model.safetensors`, {
    method: 'PUT',
    headers: { ...headers, 'Content-Length': 50 * MEGABYTE },
    body: Readable.from(pieces(), { objectMode: false })
  })
  const stored = JSON.parse(answer.body) as { path: string; size: number; sha256: string }
  expect(stored).toMatchObject({ size: 50 * MEGABYTE, sha256: sent.digest('hex') })
  const read = createHash('sha256')
  await pipeline(createReadStream(stored.path), read)
  expect(read.digest('hex')).toBe(stored.sha256)
})

test('no piece is asked for before the last one is written', async () => {
  const folder = await temporaryFolder()
  const partial = join(folder, '.partial')
  const seen: number[] = []
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let index = 0; index < 4; index++) {
      const [name] = await readdir(partial)
      seen.push(name === undefined ? -1 : (await readFile(join(partial, name))).length)
      yield Buffer.alloc(10)
    }
  }
  await storeUpload(pieces(), { folder, target: { group: GROUP, segments: ['f'] }, expected: 40 })
  expect(seen).toEqual([0, 10, 20, 30])
})

test('fewer bytes than announced are an error and leave nothing', async () => {
  const folder = await temporaryFolder()
  const upload = storeUpload(Readable.from([Buffer.alloc(10)]), {
    folder,
    target: { group: GROUP, segments: ['f'] },
    expected: 11
  })
  await expect(upload).rejects.toMatchObject({
    code: 'FILE_TRUNCATED',
    message: expect.stringContaining('10 bytes arrived instead of all 11 bytes') as string
  })
  expect(await filesIn(folder)).toEqual([])
})

test('an upload that its sender gives up leaves nothing', async () => {
  const { host, port, uploads, headers, line } = await served()
  const raw = connect(port, '127.0.0.1')
  raw.write(
    [
      `PUT /uploads/${GROUP}/half HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      `Origin: ${host.origin}`,
      `Cookie: ${headers.Cookie}`,
      'Content-Length: 1000',
      '',
      'only this'
    ].join('\r\n'),
    () => raw.destroy()
  )
  expect(await line('upload failed')).toContain('FILE_TRUNCATED')
  expect(await filesIn(uploads)).toEqual([])
})

test('closing the host waits until what it was receiving is tidied up', async () => {
  const { host, port, uploads, headers } = await served()
  let next: () => void = () => undefined
  const received = new Promise<void>((resolve) => (next = resolve))
  async function* pieces(): AsyncGenerator<Buffer> {
    yield Buffer.alloc(MEGABYTE)
    next()
    await new Promise(() => undefined)
  }
  ask(port, `/uploads/${GROUP}/f`, {
    method: 'PUT',
    headers: { ...headers, 'Content-Length': 2 * MEGABYTE },
    body: Readable.from(pieces())
  }).catch(() => undefined)
  await received
  await host.close()
  expect(await filesIn(uploads)).toEqual([])
})

test('an upload needs a session and the origin of the page', async () => {
  const { port, uploads, headers } = await served()
  const target = `/uploads/${GROUP}/f`
  const put = async (sent: Record<string, string>): Promise<number> =>
    (await ask(port, target, { method: 'PUT', headers: sent, body: 'x' })).status
  expect(await put({ Origin: headers.Origin })).toBe(403)
  expect(await put({ Cookie: headers.Cookie })).toBe(403)
  expect(await put({ ...headers, Origin: 'http://evil.example' })).toBe(403)
  expect(await put({ ...headers, Origin: `http://localhost:${port}` })).toBe(403)
  expect(await filesIn(uploads)).toEqual([])
})

test('a path that could lead elsewhere is refused, and nothing is written', async () => {
  const { port, uploads, headers } = await served()
  for (const path of [
    `${GROUP}/../../f`,
    `${GROUP}/%2e%2e/f`,
    `${GROUP}/a%2F..%2Ff`,
    '../f',
    `${GROUP}/`,
    'x/f'
  ]) {
    const answer = await ask(port, `/uploads/${path}`, { method: 'PUT', headers, body: 'x' })
    expect([path, answer.status]).toEqual([path, 400])
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'OPTION_INVALID' })
  }
  expect(await filesIn(dirname(uploads))).not.toContain(join(dirname(uploads), 'f'))
  expect(await filesIn(uploads)).toEqual([])
})

test('a refused upload of any size is answered', async () => {
  const { port, headers } = await served()
  const answer = await ask(port, '/uploads/x/f', {
    method: 'PUT',
    headers: { ...headers, 'Content-Length': 20 * MEGABYTE },
    body: Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(MEGABYTE)))
  })
  expect(answer.status).toBe(400)
})

test('a folder that cannot be written to is an error that says so', async () => {
  const { port, uploads, headers } = await served()
  await writeFile(uploads, 'a file in the way')
  const answer = await ask(port, `/uploads/${GROUP}/f`, { method: 'PUT', headers, body: 'x' })
  expect(answer.status).toBe(500)
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'FILE_UNWRITABLE' })
})

test('a folder in the place of the file is an error that says so', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, GROUP, 'f', 'inner'), { recursive: true })
  await expect(
    storeUpload(Readable.from([Buffer.alloc(1)]), {
      folder,
      target: { group: GROUP, segments: ['f'] },
      expected: 1
    })
  ).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
  expect(await filesIn(folder)).toEqual([])
})

test.each([
  ['ENOSPC', 'DISK_FULL'],
  ['EACCES', 'FILE_UNWRITABLE'],
  ['EROFS', 'FILE_UNWRITABLE']
])('%s is %s', (errno, code) => {
  expect(fileError(Object.assign(new Error('e'), { code: errno }), '/f', 'write')).toMatchObject({ code })
})

const path = (rest: string): string => `/uploads/${GROUP}/${rest}`

test.each([
  [path('a.png'), ['a.png']],
  [path('n01440764/a%2Bb.JPEG?x=1'), ['n01440764', 'a+b.JPEG']],
  [path('..a/b..'), ['..a', 'b..']],
  [path(Array(16).fill('d').join('/')), Array(16).fill('d')],
  [path('x'.repeat(255)), ['x'.repeat(255)]]
])('%s names a file', (target, segments) => {
  expect(parseUploadPath(target, 'linux')).toEqual({ group: GROUP, segments })
})

test.each([
  [path('a//b'), 'no empty'],
  [path('/etc/passwd'), 'no empty'],
  [path('./a'), 'no empty'],
  [path('a/%2E%2E'), 'no empty'],
  [path('a%5Cb'), 'backslash'],
  [path('a%00b'), 'control character'],
  [path('a%2Fb'), 'slash'],
  [path('%FF'), 'percent-encoded'],
  [path(Array(17).fill('d').join('/')), 'at most 16'],
  [path('é'.repeat(128)), '255 bytes'],
  [`/uploads/${GROUP}`, 'name a file'],
  [`/uploads/${GROUP.toUpperCase()}/a`, 'UUID'],
  ['/uploads/..%2F/a', 'UUID']
])('%s names no file', (target, reason) => {
  expect(() => parseUploadPath(target, 'linux')).toThrow(reason)
})

test.each(['c:', 'a?', 'con', 'NUL.txt', 'com1', 'a.', 'a '])('Windows has no file named %s', (name) => {
  const target = path(encodeURIComponent(name))
  expect(() => parseUploadPath(target, 'win32')).toThrow('Windows')
  expect(parseUploadPath(target, 'linux').segments).toEqual([name])
})
