/** Runs by itself: opens each file named in a line of its input, reads all of it, and says what that cost. */
import { createInterface } from 'node:readline'
import { openCheckpoint } from '../../../src/main/checkpoints'
import { toProblem } from '../../../src/shared/errors'
import { forgetPeak, peakBytes } from './peak'

/** What is printed for one file, as a line of JSON. */
export interface Cost {
  readonly code: string
  readonly message: string
  /** Of processor time. */
  readonly seconds: number
  /** The most memory that the process held, above what it held before. */
  readonly megabytes: number
}

async function outcome(path: string): Promise<{ readonly code: string; readonly message: string }> {
  try {
    const checkpoint = await openCheckpoint(path)
    try {
      if (checkpoint.kind === 'state-dict')
        for (const tensor of checkpoint.tensors.values()) await tensor.read()
    } finally {
      await checkpoint.close()
    }
    return { code: 'read', message: '' }
  } catch (error) {
    return toProblem(error)
  }
}

async function costOf(path: string): Promise<Cost> {
  globalThis.gc?.()
  forgetPeak()
  const before = process.memoryUsage().rss
  const started = process.cpuUsage()
  const { code, message } = await outcome(path)
  const { user, system } = process.cpuUsage(started)
  return { code, message, seconds: (user + system) / 1e6, megabytes: (peakBytes() - before) / 1e6 }
}

// Readers, parsers and threads are there before anything is measured.
await outcome(import.meta.filename)
for await (const path of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await costOf(path))}\n`)
}
