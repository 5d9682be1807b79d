import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: { '@shared': fileURLToPath(new URL('src/shared', import.meta.url)) } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/bench/**', 'test/fixtures/**'],
    environment: 'node',
    // Native addons are loaded once per process, not once per thread.
    pool: 'forks',
    maxWorkers: 2,
    // Watchdogs: a test waits for what it needs, never for a time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    allowOnly: !process.env.CI,
    reporters: ['default', ['json', { outputFile: 'test-results/unit.json' }]]
  }
})
