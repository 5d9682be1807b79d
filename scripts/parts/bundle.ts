/** Builds the program with electron-vite. Everything it says goes to stderr: stdout belongs to the command. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { withLock } from './lock.ts'
import { inputsDigest, isFresh, removeStamp, writeStamp } from './stamp.ts'

const patienceMs = 10 * 60_000

/** The build's own messages say what is wrong. */
export class BuildError extends Error {}

/** Of two commands that start together, one builds and the other waits for it. */
export async function buildIfStale(folder: string): Promise<void> {
  if (isFresh(folder)) return
  if (process.stderr.isTTY) process.stderr.write('Building Linchpin…\n')
  await locked(folder, async () => {
    if (!isFresh(folder)) await bundle(folder)
  })
}

export async function build(folder: string): Promise<void> {
  await locked(folder, () => bundle(folder))
}

async function locked(folder: string, work: () => Promise<void>): Promise<void> {
  await withLock(join(folder, 'out', '.lock'), patienceMs, work)
}

async function bundle(folder: string): Promise<void> {
  const digest = inputsDigest(folder)
  removeStamp(folder)
  const { code, messages } = await electronVite(folder)
  if (code !== 0) throw new BuildError(messages.trimEnd())
  writeStamp(folder, digest)
}

function electronVite(folder: string): Promise<{ code: number | null; messages: string }> {
  const program = join(folder, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, 'build', '--logLevel', 'warn'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: process.stderr.isTTY ? process.env : { ...process.env, NO_COLOR: '1' }
    })
    let messages = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (messages += text))
    }
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ code, messages })
    })
  })
}
