/** What the command line says when it is asked for what cannot be: exit code and words. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Context } from '../../../src/main/hosts/cli/context'
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
