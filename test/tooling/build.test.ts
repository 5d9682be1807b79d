/** The stamp and the lock of the build, with a stand-in for electron-vite that notes each of its runs. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { build, buildIfStale } from '../../scripts/parts/bundle.ts'
import { isFresh } from '../../scripts/parts/stamp.ts'

const bundler = `
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
appendFileSync('runs', 'run\\n')
if (existsSync('src/broken.ts')) {
  console.log('src/broken.ts is broken')
  process.exit(1)
}
await new Promise((resolve) => setTimeout(resolve, 200))
for (const file of ['main/index.js', 'main/cli.js', 'main/engine.js', 'preload/index.cjs', 'renderer/index.html']) {
  mkdirSync(dirname('out/' + file), { recursive: true })
  writeFileSync('out/' + file, '')
}
`

let folder: string

const write = (path: string, contents: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), contents)
}

const runs = (): number => readFileSync(join(folder, 'runs'), 'utf8').trim().split('\n').length

/** Another process that runs `code`, a module that may use what bundle.ts and lock.ts export. */
function inProcess(code: string): ReturnType<typeof spawn> {
  const from = (name: string): string =>
    JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../scripts/parts', name)).href)
  const imports = `import { buildIfStale } from ${from('bundle.ts')}; import { withLock } from ${from('lock.ts')};`
  const words = ['--input-type=module', '--eval', imports + code]
  return spawn(process.execPath, words, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'build-'))
  for (const path of ['electron.vite.config.ts', 'package.json', 'package-lock.json', 'tsconfig.base.json']) {
    write(path, '{}')
  }
  write('src/main/index.ts', 'export const a = 1')
  write('node_modules/electron-vite/bin/electron-vite.js', bundler)
  write('node_modules/electron-vite/package.json', '{ "type": "module" }')
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the build', () => {
  test('runs when there is none, and not again', async () => {
    expect(isFresh(folder)).toBe(false)
    await buildIfStale(folder)
    expect(isFresh(folder)).toBe(true)
    await buildIfStale(folder)
    expect(runs()).toBe(1)
  })

  test('runs when it is asked to, fresh or not', async () => {
    await build(folder)
    await build(folder)
    expect(runs()).toBe(2)
  })

  test.each([
    [
      'an edit',
      () => {
        write('src/main/index.ts', 'export const a = 2')
      }
    ],
    [
      'a new file',
      () => {
        write('src/shared/b.ts', '')
      }
    ],
    [
      'a removed file',
      () => {
        rmSync(join(folder, 'src/main/index.ts'))
      }
    ],
    [
      'another dependency',
      () => {
        write('package-lock.json', '{ "a": 1 }')
      }
    ],
    [
      'a compiler option',
      () => {
        write('tsconfig.base.json', '{ "a": 1 }')
      }
    ],
    [
      'a missing output',
      () => {
        rmSync(join(folder, 'out/main/engine.js'))
      }
    ]
  ])('is stale after %s', async (_, change) => {
    await buildIfStale(folder)
    change()
    expect(isFresh(folder)).toBe(false)
  })

  test('is not stale for a new time alone', async () => {
    await buildIfStale(folder)
    utimesSync(join(folder, 'src/main/index.ts'), 0, 0)
    expect(isFresh(folder)).toBe(true)
  })

  test('fails with the messages of the bundler, and stays stale', async () => {
    await buildIfStale(folder)
    write('src/broken.ts', '')
    await expect(buildIfStale(folder)).rejects.toThrow('src/broken.ts is broken')
    rmSync(join(folder, 'src/broken.ts'))
    expect(isFresh(folder)).toBe(false)
    expect(existsSync(join(folder, 'out/.stamp'))).toBe(false)
  })

  test('runs once for commands that start together', async () => {
    const commands = [1, 2, 3].map(() => inProcess(`await buildIfStale(${JSON.stringify(folder)})`))
    const codes = await Promise.all(commands.map(async (command) => (await once(command, 'close'))[0]))
    expect(codes).toEqual([0, 0, 0])
    expect(runs()).toBe(1)
  })

  test('is not kept waiting by a holder of the lock that was killed', async () => {
    const lock = JSON.stringify(join(folder, 'out/.lock'))
    const forever = `console.log('held'); return new Promise((resolve) => setTimeout(resolve, 3_600_000))`
    const holder = inProcess(`await withLock(${lock}, 0, () => { ${forever} })`)
    await once(holder.stdout!, 'data')

    const refused = inProcess(
      `await withLock(${lock}, 50, async () => {}).catch((error) => console.log(error.message))`
    )
    const [message] = await once(refused.stdout!, 'data')
    expect(String(message)).toContain('Another process still holds')

    const waiting = buildIfStaleElsewhere()
    holder.kill('SIGKILL')
    expect(await waiting).toBe(0)
    expect(isFresh(folder)).toBe(true)
  })
})

async function buildIfStaleElsewhere(): Promise<unknown> {
  const [code] = await once(inProcess(`await buildIfStale(${JSON.stringify(folder)})`), 'close')
  return code
}
