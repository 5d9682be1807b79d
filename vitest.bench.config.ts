import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** `npm run bench`: measures speed, asserts nothing about it. */
export default defineConfig({
  resolve: { alias: { '@shared': fileURLToPath(new URL('src/shared', import.meta.url)) } },
  test: {
    include: ['test/bench/*.bench.ts'],
    pool: 'forks',
    // One at a time: they would time each other.
    maxWorkers: 1,
    testTimeout: 900_000,
    reporters: ['default']
  }
})
