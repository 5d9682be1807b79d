import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/**
 * `npm ci` knows a package only by its entry in the lock file, which npm writes without `gypfile`. It would then
 * compile every package that has a binding.gyp, although better-sqlite3 ships its binaries and says so. npm takes the
 * line from the lock file when it is there, and drops it when it writes the file anew: put it back then.
 */
test('npm ci does not compile what is shipped as a binary', () => {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8')) as {
    packages: Record<string, { gypfile?: boolean }>
  }
  expect(lock.packages['node_modules/better-sqlite3']).toMatchObject({ gypfile: false })
})
