import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'

/** A folder of this test's own, removed after it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'linchpin-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The same for all tests of a file: called in `beforeAll`. */
export function lastingFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'linchpin-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
