/** The stamp of a build: a digest of everything that goes into it. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const inputs = ['electron.vite.config.ts', 'package.json', 'package-lock.json'] as const
const outputs = [
  'out/main/index.js',
  'out/main/cli.js',
  'out/main/engine.js',
  'out/preload/index.cjs',
  'out/renderer/index.html'
] as const
const stampFile = 'out/.stamp'

/** Contents, not times: a checkout or a copy changes times, and an edit within one tick does not. */
export function inputsDigest(folder: string): string {
  const sources = readdirSync(join(folder, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  const settings = readdirSync(folder).filter((name) => /^tsconfig.*\.json$/.test(name))
  const files = [...sources, ...[...inputs, ...settings.sort()].map((name) => join(folder, name))]

  const digest = createHash('sha256')
  for (const file of files) {
    const contents = readFileSync(file)
    digest.update(`${file.slice(folder.length)}\0${String(contents.length)}\0`).update(contents)
  }
  return digest.digest('hex')
}

export function isFresh(folder: string): boolean {
  const stamp = join(folder, stampFile)
  return (
    existsSync(stamp) &&
    outputs.every((output) => existsSync(join(folder, output))) &&
    readFileSync(stamp, 'utf8') === inputsDigest(folder)
  )
}

export const removeStamp = (folder: string): void => {
  rmSync(join(folder, stampFile), { force: true })
}

/** `digest` is that of the inputs before the build: one edited meanwhile leaves the build stale. */
export const writeStamp = (folder: string, digest: string): void => {
  writeFileSync(join(folder, stampFile), digest)
}
