/** A process apart that opens checkpoints; see open.ts. One that dies is started again for the next file. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Cost } from './open'

const MOST_MS = 30_000

export class Opener {
  readonly #program: string
  #child: ChildProcessWithoutNullStreams | null = null

  constructor(program: string) {
    this.#program = program
  }

  async costOf(path: string): Promise<Cost> {
    const child = (this.#child ??= this.#start())
    const lines = createInterface({ input: child.stdout })
    const done = new AbortController()
    const watchdog = setTimeout(() => child.kill('SIGKILL'), MOST_MS)
    try {
      child.stdin.write(`${path}\n`)
      const ended = once(child, 'exit', done).then(([code, signal]) => {
        this.#child = null
        throw new Error(`the process ended with ${String(code ?? signal)} while it read "${path}"`)
      })
      const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
      return JSON.parse(line) as Cost
    } finally {
      clearTimeout(watchdog)
      done.abort()
      lines.close()
    }
  }

  stop(): void {
    this.#child?.kill()
    this.#child = null
  }

  #start(): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, ['--max-old-space-size=400', '--expose-gc', this.#program], {
      stdio: ['pipe', 'pipe', 'pipe']
    })
  }
}
