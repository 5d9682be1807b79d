/** The measure command: its flags, what it prints, and rows of results. The engine is the built one. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ADAPTIVE_TRIALS, PAPER_PASSES, type MeasurementSpec } from '@shared/contract/measurement'
import { Context } from '../../../src/main/hosts/cli/context'
import { measureOptions, specOf, type MeasureOptions } from '../../../src/main/hosts/cli/measure-options'
import { runProgram } from '../../../src/main/hosts/cli/program'
import { temporaryFolder } from '../../support/folder'
import { expected, golden } from '../../support/golden'

function parsed(...flags: string[]): MeasurementSpec {
  const command = measureOptions(new Command().exitOverride())
  command.configureOutput({ writeErr: () => undefined })
  command.parse(flags, { from: 'user' })
  return specOf(command.opts<MeasureOptions>())
}

describe('flags', () => {
  it('without any: three trials of every image, every conv and linear layer, on the fastest device', () => {
    expect(parsed()).toEqual({
      models: [],
      layers: [],
      kinds: null,
      unit: 'layer',
      perturbation: 'randomize',
      scheme: 'auto',
      trials: 3,
      budget: PAPER_PASSES,
      full: false,
      seed: 0,
      device: 'auto',
      precision: 'float32'
    })
  })

  it('all reach the contract', () => {
    const words =
      '--models a b --layers conv* --kinds norm,scale --unit block --perturbation noise:0.50 --scheme torch ' +
      '--trials 7 --images 9 --target-se 0.02 --budget 500 --seed 3 --device cuda --precision tf32 --batch 4 --threads 2 --full'
    expect(parsed(...words.split(' '))).toEqual({
      models: ['a', 'b'],
      layers: ['conv*'],
      kinds: ['norm', 'scale'],
      unit: 'block',
      perturbation: 'noise:0.5',
      scheme: 'torch',
      trials: 7,
      images: 9,
      targetSe: 0.02,
      budget: 500,
      full: true,
      seed: 3,
      device: 'cuda',
      precision: 'tf32',
      batch: 4,
      threads: 2
    })
  })

  it.each<[string, Partial<MeasurementSpec>]>([
    ['--preset paper', { trials: 3, images: 10_000 }],
    ['--preset quick', { trials: 3, images: 256 }],
    ['--preset quick --images 100', { trials: 3, images: 100 }],
    ['--preset quick --trials 5', { trials: 5, images: 256 }],
    ['--preset adaptive', { trials: ADAPTIVE_TRIALS, targetSe: 0.01, budget: PAPER_PASSES }],
    ['--preset adaptive --target-se 0.05 --trials 70', { trials: 70, targetSe: 0.05 }],
    // Three trials would reach no target.
    ['--preset quick --target-se 0.03', { trials: ADAPTIVE_TRIALS, images: 256, targetSe: 0.03 }],
    ['--target-se 0.03 --budget 100', { trials: ADAPTIVE_TRIALS, targetSe: 0.03, budget: 100 }]
  ])('%s', (words, wanted) => {
    expect(parsed(...words.split(' '))).toMatchObject(wanted)
  })

  it.each([
    ['--target-se 1', 'fraction'],
    ['--target-se 0', 'fraction'],
    ['--target-se x', 'fraction'],
    ['--target-se 0.9', '--target-se'],
    ['--budget 50 --target-se 0.1', '--budget'],
    ['--budget 500', 'without a target'],
    ['--unit head', 'layer, part, block, stage'],
    ['--preset best', 'paper, quick, adaptive'],
    ['--trials 10001', '--trials']
  ])('%s is refused', (words, said) => {
    expect(() => parsed(...words.split(' '))).toThrow(said)
  })
})

const engineEntry = fileURLToPath(new URL('../../../out/main/engine.js', import.meta.url))

/** Runs a command; what it writes. */
async function run(
  dataFolder: string,
  ...argv: string[]
): Promise<{ code: number; out: string; said: string }> {
  const written = { out: '', said: '' }
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream === 'stdout' ? 'out' : 'said'] += String(text)
      return true
    })
  )
  const restore = (): void => spies.forEach((spy) => spy.mockRestore())
  onTestFinished(restore)
  const context = new Context({ dataFolder, resources: '', renderer: '', engineEntry })
  const code = await runProgram(argv, context)
  restore()
  return { code, ...written }
}

it('measures to a target, says what came of it, and prints its rows', async () => {
  const folder = temporaryFolder()
  const study = join(folder, 'study.linchpin')
  const go = (...argv: string[]) => run(folder, ...argv)
  const normalisation = ['--mean', expected.mean.join(','), '--std', expected.std.join(',')]
  await go('import', study, golden('model.safetensors'), ...normalisation)
  const images = [golden('images_uint8_nchw.npy'), '--labels', golden('labels_int64.npy'), '--all']
  expect((await go('data', study, ...images)).code).toBe(0)

  const some = ['--layers', 'fc', 'conv1', '--device', 'cpu', '--threads', '1']
  const target = [...some, '--target-se', '0.03', '--budget', '200']
  const dry = await go('measure', study, ...target, '--dry-run')
  expect(dry.out).toMatch(/^1 models, up to 2 layers each, 200 images$/m)
  expect(dry.out).toMatch(/^about [\d,]+ forward passes, at least [\d,]+, at most 600$/m)
  expect(dry.out).toMatch(/^expected standard error: \d+\.\d\d points, target 3\.00 points$/m)
  expect(dry.out).toMatch(/^about .* at [\d,]+ images\/s$/m)
  const plan = JSON.parse((await go('measure', study, ...target, '--dry-run', '--json')).out) as object
  expect(plan).toMatchObject({ cells: 2, mostPasses: 600, images: 200 })

  const done = await go('measure', study, ...target)
  expect(done.code).toBe(0)
  expect(done.said).toMatch(/of 2 reached a standard error of 3\.00 points/)
  const json = (text: string) => JSON.parse(text) as Record<string, unknown>[]
  const layers = json((await go('results', study, '--per', 'layer', '--json')).out)
  expect(layers.map(({ layer }) => layer)).toEqual(['conv1', 'fc'])
  for (const row of layers) {
    expect(row).toMatchObject({ target_se: 0.03, sampling: 'fresh', complete: true, provider: 'cpu' })
    expect(['reached', 'budget']).toContain(row['outcome'])
    expect(row['observations']).toBeLessThanOrEqual(200)
    if (row['outcome'] === 'reached') expect(row['standard_error']).toBeLessThanOrEqual(0.03)
    else expect(done.said).toContain(`${String(row['layer'])}: `)
  }
  const csv = (await go('results', study, '--per', 'layer')).out.split('\n')
  for (const column of [
    'observations',
    'degrees_of_freedom',
    'var_trial',
    'var_image',
    'var_rest',
    'target_se',
    'outcome',
    'complete'
  ])
    // prettier-ignore
    expect(csv[0]!.split(',')).toContain(column)
  expect(csv[1]).toMatch(/,true$/)
  const trials = json((await go('results', study, '--json')).out)
  const seen = trials.reduce((sum, row) => sum + Number(row['images']), 0)
  expect(seen).toBe(layers.reduce((sum, row) => sum + Number(row['observations']), 0))

  // The whole network, the reference: other trials of the same design would differ by far more than this.
  const fixed = [...some, '--trials', '2', '--images', '50', '--scheme', 'torch']
  await go('measure', study, ...fixed)
  const fast = json((await go('results', study, '--json')).out).filter(({ scheme }) => scheme === 'torch')
  const other = join(folder, 'full.linchpin')
  await go('import', other, golden('model.safetensors'), ...normalisation)
  await go('data', other, ...images)
  expect((await go('measure', other, ...fixed, '--full')).code).toBe(0)
  const full = json((await go('results', other, '--json')).out)
  expect(full.length).toBe(4)
  full.forEach((row, i) => {
    for (const column of ['pred_cos_sim', 'pred_l1_err', 'pred_l2_err', 'kl', 'js'])
      expect(Math.abs(Number(row[column]) - Number(fast[i]![column])), column).toBeLessThan(1e-5)
  })
  expect(existsSync(join(folder, 'calibrations.json'))).toBe(false)
  expect(readFileSync(join(folder, 'linchpin.log'), 'utf8')).not.toContain('"level":50')
})
