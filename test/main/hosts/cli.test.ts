/** What the command line says when it is asked for what cannot be: exit code and words. */
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Context } from '../../../src/main/hosts/cli/context'
import { kindList, modelOptions, readingOptions } from '../../../src/main/hosts/cli/options'
import { runProgram } from '../../../src/main/hosts/cli/program'
import { temporaryFolder } from '../../support/folder'

async function run(
  argv: readonly string[],
  dataFolder = temporaryFolder()
): Promise<{ code: number; said: string }> {
  let said = ''
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text)
    return true
  })
  onTestFinished(() => spy.mockRestore())
  const context = new Context({ dataFolder, resources: '', renderer: '', engineEntry: '' })
  return { code: await runProgram(argv, context), said }
}

it('an option out of bounds is named, with its value', async () => {
  const folder = temporaryFolder()
  const { code, said } = await run(['data', join(folder, 'study.linchpin'), folder, '--resize', '5000'])
  expect(code).toBe(2)
  expect(said).toContain('OPTION_INVALID')
  expect(said).toContain('resize is 5000')
})

it('a data folder that cannot be made is named', async () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  const { code, said } = await run(['results', 'study.linchpin'], join(file, 'data'))
  expect(code).toBe(1)
  expect(said).toContain('FILE_UNWRITABLE')
  expect(said).toContain(file)
})

it('one classifier saved apart is not for several files', async () => {
  const folder = temporaryFolder()
  const study = join(folder, 'study.linchpin')
  const { code, said } = await run(['import', study, 'a.pth', 'b.pth', '--head', 'linear.pth'])
  expect(code).toBe(2)
  expect(said).toContain('OPTION_INVALID')
  expect(said).toContain('--head is "linear.pth" for 2 files')
  expect(existsSync(study)).toBe(false)
})

it.each([
  [['--heads', '0'], 'at least 1'],
  [['--channels', 'gbr'], 'rgb, bgr'],
  [['--mean', '0.5'], 'three numbers']
])('the reading option %j is refused', async (flags, words) => {
  const { code, said } = await run(['predict', 'a.pth', 'b.npy', '--out', 'c.npy', ...flags])
  expect(code).toBe(2)
  expect(said).toContain(words)
})

it('every reading option reaches the contract, the head’s path absolute', () => {
  const command = readingOptions(new Command().exitOverride())
  const flags = {
    architecture: 'vit',
    heads: '6',
    head: 'linear.pth',
    weights: 'teacher',
    prefix: 'module.',
    output: 'logits',
    channels: 'bgr',
    mean: '0.5,0.25,0',
    std: '1,2,3'
  }
  command.parse(
    Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]),
    { from: 'user' }
  )
  expect(modelOptions(command.opts())).toEqual({
    ...flags,
    heads: 6,
    head: resolve('linear.pth'),
    mean: [0.5, 0.25, 0],
    std: [1, 2, 3]
  })
  expect(modelOptions({})).toEqual({})
})

it('kinds of layers are the contract’s', () => {
  expect(kindList('conv, embedding,scale')).toEqual(['conv', 'embedding', 'scale'])
  expect(() => kindList('token')).toThrow('conv, linear, norm, embedding, scale')
})
