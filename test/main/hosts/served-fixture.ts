import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { implement } from '@orpc/server'
import pino, { type Logger } from 'pino'
import { onTestFinished } from 'vitest'
import type { ServedApplication } from '../../../src/main/hosts/served'
import { problemMiddleware } from '../../../src/main/rpc/problem-middleware'
import { contract } from '../../../src/shared/contract'
import { LinchpinError } from '../../../src/shared/errors'

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'linchpin-hosts-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A log whose lines a test can read, or wait for. */
export function recordingLog(): { log: Logger; lines: string[]; line: (part: string) => Promise<string> } {
  const lines: string[] = []
  const waiting: { part: string; found: (line: string) => void }[] = []
  const log = pino(
    {},
    {
      write: (line: string) => {
        lines.push(line)
        for (const { part, found } of waiting) if (line.includes(part)) found(line)
      }
    }
  )
  return {
    log,
    lines,
    line: (part) => {
      const past = lines.find((line) => line.includes(part))
      return past === undefined
        ? new Promise((found) => waiting.push({ part, found }))
        : Promise.resolve(past)
    }
  }
}

/** What happened to the calls that wait for ever. */
export interface Witness {
  readonly started: Promise<void>
  readonly aborted: Promise<void>
  readonly streamStarted: Promise<void>
  readonly streamEnded: Promise<void>
}

/** A few procedures that answer, fail, wait and stream, each in its own way. */
export function servedApplication(
  log: Logger,
  uploadsFolder = ''
): { app: ServedApplication; witness: Witness } {
  const started = Promise.withResolvers<undefined>()
  const aborted = Promise.withResolvers<undefined>()
  const streamStarted = Promise.withResolvers<undefined>()
  const streamEnded = Promise.withResolvers<undefined>()
  const os = implement(contract).use(problemMiddleware(log))
  const router = {
    application: {
      chooseFiles: os.application.chooseFiles.handler(({ input }) => [input.purpose])
    },
    studies: {
      recent: os.studies.recent.handler(() => {
        throw new TypeError('cannot read the moon')
      }),
      create: os.studies.create.handler(({ input }) => {
        throw new LinchpinError('STUDY_EXISTS', `It is "${input.name}".`, {
          fix: 'Choose another name.',
          details: ['first line', 'second line']
        })
      }),
      open: os.studies.open.handler(
        ({ signal }) =>
          new Promise((_, reject) => {
            started.resolve(undefined)
            signal?.addEventListener('abort', () => {
              aborted.resolve(undefined)
              reject(new Error('the signal was aborted'))
            })
          })
      ),
      openSample: os.studies.openSample.handler(() => ({ id: 1 }) as never),
      watch: os.studies.watch.handler(async function* ({ input, signal }) {
        try {
          yield { type: 'preparing' as const, done: 1, total: 2, ended: false }
          if (input.study === 'broken')
            throw new LinchpinError('DISK_FULL', 'No room.', { fix: 'Make room.' })
          if (input.study === 'short') return
          streamStarted.resolve(undefined)
          await new Promise((resolve) => signal?.addEventListener('abort', resolve))
        } finally {
          streamEnded.resolve(undefined)
        }
      })
    },
    measurement: {
      plan: os.measurement.plan.handler(() => {
        throw new Error('validation comes first')
      })
    }
  }
  return {
    app: { router: router as unknown as ServedApplication['router'], uploadsFolder },
    witness: {
      started: started.promise,
      aborted: aborted.promise,
      streamStarted: streamStarted.promise,
      streamEnded: streamEnded.promise
    }
  }
}
