import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const bin = join(import.meta.dirname, '../../bin/linchpin.js')

/** Runs the installed program's first file in a Node that says it is `version`. */
function runAs(version: string): { status: number | null; stdout: string; stderr: string } {
  const disguise = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`
  const words = ['--import', `data:text/javascript,${encodeURIComponent(disguise)}`, bin, '--version']
  return spawnSync(process.execPath, words, { encoding: 'utf8' })
}

test.each(['18.19.0', '20.20.2', '22.11.0'])('Node %s is told what is needed', (version) => {
  const { status, stdout, stderr } = runAs(version)
  expect(status).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toMatch(`Linchpin needs Node 22.12 or newer; this is Node ${version}. Install`)
})

test.each(['22.12.0', '24.0.0'])('Node %s is not', (version) => {
  expect(runAs(version).stderr).not.toContain('Linchpin needs Node')
})
