/** Logits are never written without the warnings about how the checkpoint was read. */
import { Command } from 'commander'
import { expect, it, onTestFinished, vi } from 'vitest'
import { predictCommand } from '../../../src/main/hosts/cli/commands/predict'
import type { Context, Finish } from '../../../src/main/hosts/cli/context'

it('says on standard error what was assumed', async () => {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    const spy = vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text)
      return true
    })
    onTestFinished(() => spy.mockRestore())
  }
  const warnings = [{ code: 'heads-assumed', message: '3 were assumed.' }]
  const predict = (): Promise<object> => Promise.resolve({ images: 2, classes: 10, warnings })
  const context = {
    withApplication: (_: string, body: (application: unknown) => Promise<number>) =>
      body({ client: { models: { predict } } })
  } as unknown as Context
  const program = new Command()
  const finish: Finish = async (work) => {
    await work
  }
  predictCommand(program, context, finish)
  await program.parseAsync(['predict', 'a.pth', 'b.npy', '--out', 'c.npy'], { from: 'user' })
  expect(said.stderr).toBe('a.pth: 3 were assumed. [heads-assumed]\n')
  expect(said.stdout).toContain('2 images, 10 classes')
})
