/** `npm run fuzz [-- --count N] [--seed N]`: opens damaged checkpoints, many more than `npm test` does. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectFolder } from './parts/project.ts'

function wholeNumber(name: string, text: string): string {
  if (/^\d{1,9}$/.test(text)) return text
  console.error(`--${name} is "${text}"; expected a whole number.`)
  process.exit(2)
}

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '50000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) }
  }
})
const count = wholeNumber('count', values.count)
const seed = wholeNumber('seed', values.seed)
console.log(`${count} cases, seed ${seed}`)
const { status } = spawnSync(
  process.execPath,
  [join(projectFolder, 'node_modules/vitest/vitest.mjs'), 'run', 'test/main/checkpoints/fuzz.test.ts'],
  {
    cwd: projectFolder,
    stdio: 'inherit',
    env: { ...process.env, FUZZ_COUNT: count, FUZZ_SEED: seed }
  }
)
process.exit(status ?? 1)
