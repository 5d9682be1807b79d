/** Studies whose engines are fake: see fake-engine.ts. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import type { CalibrationRequest, MeasureRequest, TimingRequest } from '@shared/contract/engine'
import { bundle } from './child/bundle'
import type { FakeEngine } from './fake-engine'
import { temporaryFolder } from './folder'
import { goldenStudy, type OpenedStudy } from './workstation'

/** To be called at the top of a test file: the fake engine as a file that Node starts, made before its tests. */
export function bundledFakeEngine(): () => string {
  const folder = mkdtempSync(join(tmpdir(), 'linchpin-engine-'))
  let entry = ''
  beforeAll(async () => {
    entry = await bundle(fileURLToPath(new URL('fake-engine.ts', import.meta.url)), folder)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return () => entry
}

export interface Calls {
  readonly measure: MeasureRequest[]
  readonly time: TimingRequest[]
  readonly calibrate: CalibrationRequest[]
}

export interface FakeStudy extends OpenedStudy {
  /** What engines were asked so far. */
  readonly calls: () => Calls
}

/** The golden study with fake engines. */
export async function fakeStudy(
  entry: string,
  behaviour: Omit<FakeEngine, 'log'> = {},
  options: Parameters<typeof goldenStudy>[0] = {}
): Promise<FakeStudy> {
  const log = join(temporaryFolder(), 'calls.jsonl')
  const fake: FakeEngine = { ...behaviour, log }
  const env = { ...process.env, FAKE_ENGINE: JSON.stringify(fake) }
  const opened = await goldenStudy({ ...options, engine: { entry, env } })
  return { ...opened, calls: () => readCalls(log) }
}

/** What was asked, by the file that engines write. */
export function readCalls(log: string): Calls {
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
  const calls = lines.map((line) => JSON.parse(line) as { call: keyof Calls; input: never })
  const of = <Name extends keyof Calls>(name: Name): Calls[Name] =>
    calls.filter(({ call }) => call === name).map(({ input }) => input)
  return { measure: of('measure'), time: of('time'), calibrate: of('calibrate') }
}
