/** Electron's runtime: its npm package has none, and fetches it at the first start. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const fetchLimitMs = 5 * 60_000

/** The executable, or undefined. `require('electron')` would download instead of answering. */
export function findElectron(folder: string): string | undefined {
  const packageFolder = join(folder, 'node_modules', 'electron')
  const pathFile = join(packageFolder, 'path.txt')
  const distribution = process.env.ELECTRON_OVERRIDE_DIST_PATH
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : distribution && 'electron'
  if (!name) return undefined
  const executable = join(distribution ?? join(packageFolder, 'dist'), name)
  return existsSync(executable) ? executable : undefined
}

/** Runs the package's own installer. Resolves to what went wrong, in one line; undefined if nothing did. */
export async function fetchElectron(folder: string): Promise<string | undefined> {
  const installer = join(folder, 'node_modules', 'electron', 'install.js')
  const child = spawn(process.execPath, [installer], {
    cwd: folder,
    stdio: ['ignore', 2, 'pipe'],
    timeout: fetchLimitMs
  })
  let messages = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (messages += text))
  const [code] = (await once(child, 'close')) as [number | null]
  if (findElectron(folder) !== undefined) return undefined
  if (code === null) return 'it took longer than five minutes'
  return messages.split('\n').find((line) => line.trim() !== '') ?? `exit code ${String(code)}`
}
