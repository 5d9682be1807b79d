/** Breaks each rule of .dependency-cruiser.cjs once, in a small tree, and sees it named. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const project = fileURLToPath(new URL('../..', import.meta.url))
const configuration = join(project, '.dependency-cruiser.cjs')

const packages = ['electron', 'onnxruntime-node', 'better-sqlite3', 'sharp', 'ws', 'zod']

const script = (code: string): string =>
  `<script setup lang="ts">\n${code}\n</script>\n<template><p /></template>\n`

/** What may be imported: no rule speaks of these. */
const allowed: Readonly<Record<string, string>> = {
  'src/shared/contract/index.ts':
    "import { z } from 'zod'\nexport const contract = z\nexport type Study = string",
  'src/shared/figures/heatmap.ts': "import type { Study } from '../contract'\nexport type Heatmap = Study",
  'src/main/numbers/floats.ts': 'export const half = 0.5',
  'src/main/files/errors.ts': 'export const missing = 1',
  'src/main/rpc/port.ts': "import type { Study } from '@shared/contract'\nexport type Port = Study",
  'src/main/graph/model.ts': "import { half } from '../numbers/floats'\nexport const graph = half",
  'src/main/checkpoints/index.ts': "import { graph } from '../graph/model'\nexport const open = graph",
  'src/main/architectures/resnet.ts':
    "import { graph } from '../graph/model'\nimport { open } from '../checkpoints'\nexport const resnet = [graph, open]",
  'src/main/perturbations/zero.ts': "import { graph } from '../graph/model'\nexport const zero = graph",
  'src/main/images/decode.ts': "import sharp from 'sharp'\nexport const decode = sharp",
  'src/main/store/study.ts': "import Database from 'better-sqlite3'\nexport const study = Database",
  'src/main/engine/session.ts':
    "import * as ort from 'onnxruntime-node'\nimport { zero } from '../perturbations/zero'\nimport { decode } from '../images/decode'\nimport { resnet } from '../architectures/resnet'\nimport type { Port } from '../rpc/port'\nexport const session: [Port, ...unknown[]] = ['', ort, zero, decode, resnet]\nexport type Session = string",
  'src/main/application/studies.ts':
    "import { study } from '../store/study'\nimport { open } from '../checkpoints'\nimport type { Session } from '../engine/session'\nimport { readFileSync } from 'node:fs'\nexport const studies: [Session, ...unknown[]] = ['', study, open, readFileSync]",
  'src/main/hosts/desktop/window.ts':
    "import { app } from 'electron'\nimport { studies } from '../../application/studies'\nimport { PORT_MESSAGE } from '../../../preload/api'\nimport { CHANNEL } from '../../../preload/channels'\nexport const open = [app, studies, PORT_MESSAGE, CHANNEL]",
  'src/preload/api.ts': "export const PORT_MESSAGE = ''",
  'src/preload/channels.ts': "export const CHANNEL = ''",
  'src/preload/index.ts':
    "import { ipcRenderer } from 'electron'\nimport { CHANNEL } from './channels'\nvoid [ipcRenderer, CHANNEL]",
  'src/renderer/main.ts':
    "import App from './App.vue'\nimport { PORT_MESSAGE } from '../preload/api'\nimport './style.css'\nvoid [App, PORT_MESSAGE]",
  'src/renderer/style.css': '',
  'src/renderer/App.vue': script("import { contract } from '@shared/contract'\nvoid contract"),
  'test/anything.test.ts':
    "import { session } from '../src/main/engine/session'\nimport { studies } from '../src/main/application/studies'\nvoid [session, studies]",
  'bin/linchpin.js': "import('../out/main/cli.js')"
}

interface Breach {
  readonly rule: string
  readonly file: string
  readonly code: string
}

const type = (target: string): string =>
  `import type { T } from '${target}'\nexport const t: T | undefined = undefined`
const value = (target: string): string => `import '${target}'`

/** Each breaks the rule of its line and no other. */
const breaches: readonly Breach[] = [
  { rule: 'graph-imports', file: 'src/main/graph/a.ts', code: type('../checkpoints') },
  { rule: 'graph-imports', file: 'src/main/graph/b.ts', code: value('../rpc/port') },
  { rule: 'checkpoints-imports', file: 'src/main/checkpoints/a.ts', code: value('../architectures/resnet') },
  { rule: 'checkpoints-imports', file: 'src/main/checkpoints/b.ts', code: value('../application/studies') },
  {
    rule: 'architectures-imports',
    file: 'src/main/architectures/a.ts',
    code: value('../hosts/desktop/window')
  },
  {
    rule: 'architectures-imports',
    file: 'src/main/architectures/b.ts',
    code: value('../perturbations/zero')
  },
  { rule: 'perturbations-imports', file: 'src/main/perturbations/a.ts', code: type('../images/decode') },
  { rule: 'images-imports', file: 'src/main/images/a.ts', code: value('../store/study') },
  { rule: 'store-imports', file: 'src/main/store/a.ts', code: value('../graph/model') },
  { rule: 'files-imports', file: 'src/main/files/a.ts', code: value('../graph/model') },
  { rule: 'numbers-imports', file: 'src/main/numbers/a.ts', code: value('../graph/model') },
  { rule: 'rpc-imports', file: 'src/main/rpc/a.ts', code: type('../application/studies') },
  { rule: 'engine-imports', file: 'src/main/engine/a.ts', code: type('../store/study') },
  { rule: 'engine-imports', file: 'src/main/engine/b.ts', code: value('../application/studies') },
  { rule: 'application-imports', file: 'src/main/application/a.ts', code: type('../hosts/desktop/window') },
  { rule: 'application-imports', file: 'src/main/application/b.ts', code: value('../../preload/api') },
  { rule: 'application-runs-no-engine', file: 'src/main/application/c.ts', code: value('../engine/session') },
  {
    rule: 'application-runs-no-engine',
    file: 'src/main/application/d.ts',
    code: "void import('../engine/session')"
  },
  { rule: 'hosts-imports', file: 'src/main/hosts/web/a.ts', code: value('../../store/study') },
  { rule: 'hosts-imports', file: 'src/main/hosts/web/b.ts', code: value('../../engine/session') },
  { rule: 'hosts-imports', file: 'src/main/hosts/web/c.ts', code: value('../../../renderer/main') },
  { rule: 'hosts-imports', file: 'src/main/hosts/web/d.ts', code: value('../../../preload/index') },
  { rule: 'no-unknown-room', file: 'src/main/attic/a.ts', code: value('../graph/model') },
  { rule: 'no-unknown-room', file: 'src/main/loose.ts', code: value('./graph/model') },
  {
    rule: 'desktop-entry-imports',
    file: 'src/main/index.ts',
    code: "import 'electron'\nimport './hosts/desktop/window'\nimport './store/study'"
  },
  { rule: 'shared-imports', file: 'src/shared/a.ts', code: type('../main/graph/model') },
  { rule: 'shared-imports', file: 'src/shared/b.ts', code: value('../preload/api') },
  { rule: 'renderer-imports', file: 'src/renderer/A.vue', code: script(type('../main/application/studies')) },
  { rule: 'renderer-imports', file: 'src/renderer/b.ts', code: value('../preload/index') },
  { rule: 'preload-imports', file: 'src/preload/a.ts', code: type('@shared/contract') },
  { rule: 'preload-imports', file: 'src/preload/b.ts', code: value('../renderer/main') },
  { rule: 'no-node-in-the-page', file: 'src/shared/c.ts', code: value('node:fs') },
  { rule: 'no-node-in-the-page', file: 'src/renderer/C.vue', code: script(type('node:path')) },
  { rule: 'no-node-in-the-page', file: 'src/preload/c.ts', code: value('path') },
  { rule: 'no-node-packages-in-the-page', file: 'src/renderer/d.ts', code: value('ws') },
  { rule: 'only-the-desktop-imports-electron', file: 'src/main/hosts/web/e.ts', code: type('electron') },
  {
    rule: 'only-the-desktop-imports-electron',
    file: 'src/main/application/e.ts',
    code: value('electron/main')
  },
  { rule: 'only-the-desktop-imports-electron', file: 'src/renderer/E.vue', code: script(type('electron')) },
  {
    rule: 'only-engine-imports-onnxruntime-node',
    file: 'src/main/graph/c.ts',
    code: type('onnxruntime-node')
  },
  {
    rule: 'only-store-imports-better-sqlite3',
    file: 'src/main/application/f.ts',
    code: type('better-sqlite3')
  },
  { rule: 'only-images-imports-sharp', file: 'src/main/engine/c.ts', code: value('sharp') },
  { rule: 'no-import-of-tools', file: 'src/shared/d.ts', code: value('../../test/anything.test') },
  { rule: 'not-to-unresolvable', file: 'src/shared/e.ts', code: value('./nowhere') },
  { rule: 'not-to-unresolvable', file: 'src/renderer/F.vue', code: script(type('@shared/nowhere')) },
  { rule: 'not-to-unlisted', file: 'src/shared/f.ts', code: value('stowaway') }
]

const circle: Readonly<Record<string, string>> = {
  'src/shared/circle/a.ts': "import type { B } from './b'\nexport type A = B | string",
  'src/shared/circle/b.ts': "import type { A } from './a'\nexport type B = A | number",
  'src/renderer/circle/G.vue': script("import type { H } from './h'\nexport type G = H"),
  'src/renderer/circle/h.ts': "import G from './G.vue'\nexport type H = typeof G"
}

const npmPackage = (name: string): Readonly<Record<string, string>> => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
  [`node_modules/${name}/index.js`]: 'module.exports = {}',
  [`node_modules/${name}/main.js`]: 'module.exports = {}'
})

const manifest = {
  'package.json': JSON.stringify({
    dependencies: Object.fromEntries(packages.map((name) => [name, '1.0.0']))
  })
}

let folder: string
let found: string[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'import-rules-'))
  const files = Object.assign(
    { ...manifest, ...allowed, ...circle },
    ...[...packages, 'stowaway'].map(npmPackage),
    ...breaches.map(({ file, code }) => ({ [file]: code }))
  ) as Record<string, string>
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), contents)
  }
  const tsConfig = join(folder, 'tsconfig.base.json')
  copyFileSync(join(project, 'tsconfig.base.json'), tsConfig)
  const options = await extractDepcruiseOptions(configuration)
  const { output } = await cruise(
    ['src', 'test', 'bin'],
    { ...options, baseDir: folder, validate: true, tsConfig: { fileName: tsConfig } },
    {},
    { tsConfig: extractTsConfig(tsConfig) }
  )
  found = (output as ICruiseResult).summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`)
}, 120_000)

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the rules of the imports', () => {
  test('let everything through that is allowed', () => {
    expect(found.filter((line) => Object.keys(allowed).some((file) => line.endsWith(`: ${file}`)))).toEqual(
      []
    )
  })

  test.each(breaches)('$rule names $file', ({ rule, file }) => {
    expect(found.filter((line) => line.endsWith(`: ${file}`))).toEqual([`${rule}: ${file}`])
  })

  test('no-circular finds circles of types, in .ts and in .vue', () => {
    const inCircle = found.filter((line) => line.includes('/circle/'))
    expect(inCircle.every((line) => line.startsWith('no-circular: '))).toBe(true)
    expect(inCircle.some((line) => line.includes('src/shared/circle/'))).toBe(true)
    expect(inCircle.some((line) => line.includes('src/renderer/circle/'))).toBe(true)
  })

  test('each has been broken here', async () => {
    const { ruleSet } = await extractDepcruiseOptions(configuration)
    const rules = (ruleSet?.forbidden ?? []).map((rule) => rule.name)
    const broken = new Set([...breaches.map((breach) => breach.rule), 'no-circular'])
    expect(rules.filter((rule) => rule === undefined || !broken.has(rule))).toEqual([])
  })
})
