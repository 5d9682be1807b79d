/** `npm test [-- --only lint,types,unit,e2e]`: every check and every test; the last line counts them. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { add, type Counts, countsLine, noTests } from './parts/counts.ts'
import { findElectron } from './parts/electron.ts'
import { projectFolder } from './parts/project.ts'
import { chooseSteps, type Step } from './parts/steps.ts'

const limitMs = 30 * 60_000

function run(step: Step): Counts {
  const report = step.report === undefined ? undefined : join(projectFolder, step.report)
  if (report !== undefined) rmSync(report, { force: true })
  let exitCode = 0
  for (const command of step.commands) {
    const { status } = spawnSync(process.execPath, command, {
      cwd: projectFolder,
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: limitMs,
      killSignal: 'SIGKILL'
    })
    exitCode = status ?? 1
    if (exitCode !== 0) break
  }
  const written = report !== undefined && existsSync(report) ? readFileSync(report, 'utf8') : undefined
  return step.count(exitCode, written === undefined ? undefined : JSON.parse(written))
}

function chosen(): readonly Step[] {
  try {
    return chooseSteps(process.argv.slice(2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(2)
  }
}

const failed: string[] = []
const summary: string[] = []
let total = noTests

for (const step of chosen()) {
  console.log(`\n── ${step.name}`)
  const missing = step.needs.filter((name) => failed.includes(name))
  const start = performance.now()
  const counts = missing.length === 0 ? run(step) : { ...noTests, failed: 1 }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const cause = missing.length === 0 ? '' : `; not run without ${missing.join(', ')}`
  const line = `${step.name}: ${counts.failed === 0 ? 'ok' : 'FAILED'} (${countsLine(counts)}; ${seconds} s${cause})`
  console.log(line)
  summary.push(line)
  if (counts.failed > 0) failed.push(step.name)
  if (step.name === 'e2e' && findElectron(projectFolder) === undefined) {
    summary.push('Electron: not run, its runtime is not on this machine')
  }
  total = add(total, counts)
}

console.log(`\n── summary\n${summary.join('\n')}\n\n${countsLine(total)}`)
process.exitCode = failed.length === 0 ? 0 : 1
