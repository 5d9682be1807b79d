import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'vitest'
import { temporaryFolder } from '../support/folder'
import { report, seconds } from './report'

const cli = join(import.meta.dirname, '../../out/main/cli.js')

test('the sample study, written and measured from the command line', async () => {
  const folder = temporaryFolder()
  const env = { ...process.env, LINCHPIN_DATA: join(folder, 'data') }
  const run = (): Promise<unknown> =>
    promisify(execFile)(process.execPath, [cli, 'sample', 'sample'], { cwd: folder, env })
  const first = await seconds(run)
  const again = await seconds(run)
  report('sample', {
    'written and measured, s': first,
    'forward passes a second': (10 * (90 + 1) * 300) / first,
    'again, with everything measured, s': again
  })
})
