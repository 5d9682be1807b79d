import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const alias = { '@shared': source('src/shared') }

export default defineConfig({
  main: {
    resolve: { alias },
    build: {
      rolldownOptions: {
        input: {
          index: source('src/main/index.ts'),
          cli: source('src/main/hosts/cli/main.ts'),
          engine: source('src/main/engine/main.ts')
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' }
      }
    }
  },
  preload: {
    resolve: { alias },
    build: {
      externalizeDeps: false,
      rolldownOptions: {
        input: { index: source('src/preload/index.ts') },
        // A sandboxed preload script must be one CommonJS file.
        output: { format: 'cjs', entryFileNames: '[name].cjs' }
      }
    }
  },
  renderer: {
    root: source('src/renderer'),
    resolve: { alias },
    plugins: [vue()],
    build: { rolldownOptions: { input: { index: source('src/renderer/index.html') } } }
  }
})
