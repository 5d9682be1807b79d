import { EventEmitter } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { MenuItemConstructorOptions } from 'electron'
import { describe, expect, test } from 'vitest'
import { portCarrier } from '../../../src/main/hosts/carriers'
import { studyInArguments } from '../../../src/main/hosts/desktop/arguments'
import { dialogFor, withStudyExtension } from '../../../src/main/hosts/desktop/dialog-options'
import { menuTemplate } from '../../../src/main/hosts/desktop/menu'
import { isExternalLink, isPartOfPage, PAGE_ADDRESS } from '../../../src/main/hosts/desktop/page-address'
import { pageFile, servePage } from '../../../src/main/hosts/desktop/page-files'
import { pagePort, type MainPort } from '../../../src/main/hosts/desktop/page-port'
import { StudyRequests } from '../../../src/main/hosts/desktop/study-requests'
import { readWindowState, windowPlace, writeWindowState } from '../../../src/main/hosts/desktop/window-state'
import { PortAdapter } from '../../../src/main/rpc/port-adapter'
import type { LinchpinClient } from '../../../src/shared/contract'
import { recordingLog, servedApplication, temporaryFolder } from './served-fixture'

describe('the page', () => {
  test.each([
    ['linchpin://app/', '/r/index.html'],
    ['linchpin://app/index.html', '/r/index.html'],
    ['linchpin://app/assets/a%20b.js?x#y', '/r/assets/a b.js'],
    // The URL standard takes these out before anyone sees them.
    ['linchpin://app/../../etc/passwd', '/r/etc/passwd'],
    ['linchpin://app/%2e%2e/etc/passwd', '/r/etc/passwd'],
    ['linchpin://app/..%2Fetc/passwd', null],
    ['linchpin://app/a%5C..%5Cb', null],
    ['linchpin://app/a%00', null],
    ['linchpin://app/C%3A/x', null],
    ['linchpin://app//etc', null],
    ['linchpin://app/%', null],
    ['linchpin://other/index.html', null],
    ['file:///index.html', null]
  ])('%s is the file %s', (address, file) => {
    expect(pageFile(address, '/r')).toBe(file)
  })

  test('is served with its type and its headers', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'assets'))
    await writeFile(join(folder, 'index.html'), '<title>the page</title>')
    await writeFile(join(folder, 'assets', 'a.js'), '1')
    await writeFile(join(folder, 'assets', 'a.exe'), '1')
    const page = await servePage(PAGE_ADDRESS, folder)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('the page')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self';")
    const script = await servePage('linchpin://app/assets/a.js', folder)
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    for (const name of ['missing.js', 'assets/a.exe', 'assets']) {
      expect((await servePage(`linchpin://app/${name}`, folder)).status).toBe(404)
    }
  })

  test.each([
    ['linchpin://app/index.html#x', PAGE_ADDRESS, true],
    ['linchpin://evil/index.html', PAGE_ADDRESS, false],
    ['https://app/index.html', PAGE_ADDRESS, false],
    ['file:///etc/passwd', PAGE_ADDRESS, false],
    ['', PAGE_ADDRESS, false],
    ['http://localhost:5173/x', 'http://localhost:5173', true],
    ['http://localhost:5174/x', 'http://localhost:5173', false]
  ])('%s is part of %s: %s', (address, page, part) => {
    expect(isPartOfPage(address, page)).toBe(part)
  })

  test.each([
    ['https://example.com', true],
    ['http://example.com', false],
    ['file:///etc/passwd', false],
    ['javascript:alert(1)', false],
    ['no address', false]
  ])('%s may be opened outside: %s', (address, may) => {
    expect(isExternalLink(address)).toBe(may)
  })
})

/** A MessagePortMain as Electron documents it: it delivers after start, and is silent about its own close. */
class FakeMainPort extends EventEmitter implements MainPort {
  other: PortAdapter | undefined
  #started = false
  readonly #queue: unknown[] = []

  start(): void {
    this.#started = true
    for (const data of this.#queue.splice(0)) this.emit('message', { data })
  }
  deliver(data: unknown): void {
    if (this.#started) this.emit('message', { data })
    else this.#queue.push(data)
  }
  postMessage(message: unknown): void {
    this.other?.receive(message)
  }
  close(): void {
    this.other?.close()
  }
}

test("a window's port carries calls, and both of its ends close", async () => {
  const main = new FakeMainPort()
  const page = new PortAdapter(
    (message) => main.deliver(message),
    () => undefined
  )
  main.other = page
  const { app, witness } = servedApplication(recordingLog().log)
  const connection = pagePort(main)
  portCarrier(app)(connection.port)
  const client: LinchpinClient = createORPCClient(new RPCLink({ port: page }))
  const answer = client.application.chooseFiles({ purpose: 'study' })
  connection.start()
  await expect(answer).resolves.toEqual(['study'])

  const call = client.studies.open({ path: 'p' })
  const refused = expect(call).rejects.toMatchObject({ name: 'AbortError' })
  await witness.started
  connection.close()
  await refused
  await witness.aborted
})

test('a page that goes aborts what it asked for', async () => {
  const main = new FakeMainPort()
  const page = new PortAdapter(
    (message) => main.deliver(message),
    () => undefined
  )
  main.other = page
  const { app, witness } = servedApplication(recordingLog().log)
  const connection = pagePort(main)
  portCarrier(app)(connection.port)
  connection.start()
  const client: LinchpinClient = createORPCClient(new RPCLink({ port: page }))
  client.studies.open({ path: 'p' }).catch(() => undefined)
  await witness.started
  main.emit('close')
  await witness.aborted
})

test.each([
  [['linchpin', 'a.linchpin'], '/home/a.linchpin'],
  [['electron', '/work/project', '--flag=x.linchpin', '/data/B.LINCHPIN'], '/data/B.LINCHPIN'],
  [['linchpin', '../b.linchpin', 'c.txt'], '/b.linchpin'],
  [['program.linchpin'], null],
  [[], null]
])('the study in %j is %s', (argv, study) => {
  expect(studyInArguments(argv, '/home')).toBe(study)
})

test('a study that is asked for before there is a page waits for it', () => {
  const requests = new StudyRequests()
  const shown: string[] = []
  requests.open('first')
  requests.open('second')
  requests.pageIsReady((path) => shown.push(path))
  expect(shown).toEqual(['second'])
  requests.open('third')
  expect(shown).toEqual(['second', 'third'])
  requests.pageHasGone()
  requests.open('fourth')
  expect(shown).toEqual(['second', 'third'])
  requests.pageIsReady((path) => shown.push(path))
  expect(shown).toEqual(['second', 'third', 'fourth'])
  requests.pageHasGone()
  requests.open('fifth')
  expect(requests.take()).toBe('fifth')
  expect(requests.take()).toBeNull()
})

describe('the window', () => {
  const display = { x: 0, y: 25, width: 1920, height: 1055 }
  const bounds = { x: 100, y: 100, width: 1300, height: 700 }

  test.each([
    ['nothing remembered', null, { width: 1280, height: 800 }],
    ['on a display', bounds, bounds],
    ['half off to the left', { ...bounds, x: -1200 }, { ...bounds, x: -1200 }],
    ['too far off to the left', { ...bounds, x: -1201 }, { width: 1300, height: 700 }],
    ['on a display that has gone', { ...bounds, x: 2000 }, { width: 1300, height: 700 }],
    ['title above the display', { ...bounds, y: 24 }, { width: 1300, height: 700 }]
  ])('%s', (_, saved, expected) => {
    const state = saved === null ? null : { bounds: saved, maximized: false }
    expect(windowPlace(state, [display]).bounds).toEqual(expected)
  })

  test('is remembered, and a damaged memory is none', async () => {
    const file = join(await temporaryFolder(), 'window.json')
    expect(readWindowState(file)).toBeNull()
    writeWindowState(file, { bounds, maximized: true })
    expect(readWindowState(file)).toEqual({ bounds, maximized: true })
    expect(windowPlace(readWindowState(file), [display]).maximized).toBe(true)
    await writeFile(file, '{"bounds": {"x": "1"}}')
    expect(readWindowState(file)).toBeNull()
    await writeFile(file, '{"bou')
    expect(readWindowState(file)).toBeNull()
  })
})

describe('dialogs', () => {
  test('several checkpoints, one initialisation, one study', () => {
    const checkpoints = dialogFor('checkpoints', 'linux')
    expect(checkpoints).toMatchObject({
      kind: 'open',
      options: { properties: ['openFile', 'multiSelections'] }
    })
    expect(checkpoints).toMatchObject({
      options: {
        filters: [
          { extensions: ['safetensors', 'onnx', 'pth', 'pt', 'ckpt', 'bin', 'tar', 'npz', 'json'] },
          {}
        ]
      }
    })
    expect(dialogFor('reinit', 'linux')).toMatchObject({
      kind: 'open',
      options: { properties: ['openFile'] }
    })
    expect(dialogFor('study', 'linux')).toMatchObject({
      options: { filters: [{ extensions: ['linchpin'] }] }
    })
    expect(dialogFor('new-study', 'linux').kind).toBe('save')
  })

  test('images are a folder or an array, in one dialog only where the system has such a one', () => {
    expect(dialogFor('images', 'darwin')).toMatchObject({
      kind: 'open',
      options: { properties: ['openFile', 'openDirectory'] }
    })
    for (const platform of ['linux', 'win32'] as const) {
      expect(dialogFor('images', platform)).toMatchObject({
        kind: 'folder-or-file',
        folder: { properties: ['openDirectory'] },
        file: { properties: ['openFile'], filters: [{ extensions: ['npy'] }] }
      })
    }
  })

  test('a new study has its extension', () => {
    expect(withStudyExtension('/a/b')).toBe('/a/b.linchpin')
    expect(withStudyExtension('/a/b.LINCHPIN')).toBe('/a/b.LINCHPIN')
  })
})

describe.each<NodeJS.Platform>(['linux', 'win32', 'darwin'])('the menu on %s', (platform) => {
  const chosen: string[] = []
  const template = menuTemplate(platform, 'dark', {
    command: (command) => chosen.push(command),
    setTheme: (theme) => chosen.push(theme),
    openLog: () => chosen.push('log')
  })
  const flat = (items: MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
    items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flat(item.submenu) : [])])
  const items = flat(template)

  test('has every command, and the log', () => {
    for (const item of items) (item.click as (() => void) | undefined)?.()
    const commands = [
      'new-study',
      'open-study',
      'open-sample',
      'add-models',
      'set-images',
      'measure',
      'filter'
    ]
    expect(chosen).toEqual([...commands, 'system', 'light', 'dark', 'log'])
  })

  test('gives no key twice', () => {
    const keys = items.flatMap((item) => (item.accelerator === undefined ? [] : [item.accelerator]))
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('marks the theme that is set', () => {
    expect(items.filter((item) => item.checked === true).map((item) => item.label)).toEqual(['Dark'])
  })
})
