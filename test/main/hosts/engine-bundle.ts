/** engine-fixture.ts as a file that Node starts. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'

export interface EngineFixture {
  readonly entry: string
  remove(): Promise<void>
}

export async function bundleEngineFixture(): Promise<EngineFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'linchpin-engine-'))
  await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { alias: { '@shared': join(import.meta.dirname, '../../../src/shared') } },
    ssr: { noExternal: true },
    build: {
      ssr: join(import.meta.dirname, 'engine-fixture.ts'),
      outDir: folder,
      rolldownOptions: { output: { format: 'es', entryFileNames: 'engine.mjs' } }
    }
  })
  return { entry: join(folder, 'engine.mjs'), remove: () => rm(folder, { recursive: true, force: true }) }
}
