import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { Context } from '../../../src/main/hosts/cli/context'
import { runProgram } from '../../../src/main/hosts/cli/program'
import { temporaryFolder } from '../../support/folder'
import { bundleEngineFixture, type EngineFixture } from './engine-bundle'

let bundle: EngineFixture
beforeAll(async () => {
  bundle = await bundleEngineFixture()
})
afterAll(() => bundle.remove())

/** @param fates of providers, see engine-fixture.ts. */
async function run(fates: string, ...flags: string[]): Promise<{ code: number; out: string; err: string }> {
  vi.stubEnv('FATES', fates)
  let [out, err] = ['', '']
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true)),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true))
  ]
  onTestFinished(() => {
    vi.unstubAllEnvs()
    for (const spy of spies) spy.mockRestore()
  })
  const context = new Context({
    dataFolder: temporaryFolder(),
    resources: '',
    renderer: '',
    engineEntry: bundle.entry
  })
  return { code: await runProgram(['devices', ...flags], context), out, err }
}

it('devices --json lists every device, and why one does not work', async () => {
  const { code, out, err } = await run('webgpu=refuse cuda=refuse', '--json')
  expect(code).toBe(0)
  expect(err).toBe('')
  const list = JSON.parse(out) as { device: string }[]
  expect(list.map(({ device }) => device)).toEqual(['cuda', 'webgpu', 'dml', 'coreml', 'cpu'])
  expect(list[1]).toMatchObject({
    works: false,
    reason: 'no adapter',
    imagesPerSecond: null,
    difference: null,
    version: '1'
  })
  expect(list[1]).toHaveProperty('adapter')
  expect(list[4]).toMatchObject({
    works: true,
    reason: null,
    imagesPerSecond: 100,
    difference: 0,
    auto: true
  })
})

it('devices prints a table, and on standard error what auto takes and what to do', async () => {
  const { code, out, err } = await run('webgpu=2e-7 cuda=crash')
  expect(code).toBe(0)
  const lines = out.trimEnd().split('\n')
  expect(lines).toHaveLength(6)
  expect(lines[2]).toMatch(/^webgpu +yes +250 +2\.5 times +2\.0e-7/)
  expect(err).toContain('auto takes webgpu')
})
