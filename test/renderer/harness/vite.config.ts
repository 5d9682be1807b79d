import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The interface on a made-up application: `npx vite -c test/renderer/harness/vite.config.ts`. */
export default defineConfig({
  root: source('.'),
  resolve: { alias: { '@shared': source('../../../src/shared') } },
  plugins: [vue()],
  server: { port: 5199, strictPort: true },
  cacheDir: source('../../../node_modules/.vite-harness')
})
