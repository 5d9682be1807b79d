import { fork } from 'node:child_process'
import type { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import type { Logger } from 'pino'
import { LinchpinError } from '@shared/errors'
import type { EngineExit, EngineProcess } from '../application/ports'
import { PortAdapter } from '../rpc/port-adapter'

/** A process that does not end when asked to is ended by force after this time, in milliseconds. */
export const KILL_GRACE_MS = 2000

/** The application's end of an engine's port: a call after the engine's end is refused at once. */
export function engineClientPort(send: (message: unknown) => void): PortAdapter {
  return new PortAdapter(send, () => {
    throw new LinchpinError('ENGINE_DIED', 'It was asked for more work after its end.')
  })
}

/**
 * Has the C library of Linux give large pieces of memory back as soon as they are freed: sessions come and go by the
 * hundred, and would leave holes of some hundred megabytes.
 */
const MEMORY = { MALLOC_MMAP_THRESHOLD_: String(4 * 2 ** 20), MALLOC_TRIM_THRESHOLD_: String(16 * 2 ** 20) }

/**
 * An engine's environment. NVIDIA's libraries round the factors of float32 products to TF32 unless this variable says
 * 0; nothing else reaches all of them.
 */
export function engineEnvironment(
  tf32 = false,
  env: NodeJS.ProcessEnv = process.env
): Record<string, string> {
  const { NVIDIA_TF32_OVERRIDE: _, ...rest } = env
  const own: NodeJS.ProcessEnv = { ...MEMORY, ...rest, ...(tf32 ? {} : { NVIDIA_TF32_OVERRIDE: '0' }) }
  return Object.fromEntries(
    Object.entries(own).filter((entry): entry is [string, string] => entry[1] !== undefined)
  )
}

/** Every line that an engine writes, in the log. */
export function logOutput(log: Logger, streams: { out: Readable | null; err: Readable | null }): void {
  if (streams.out) createInterface(streams.out).on('line', (line) => log.info({ stream: 'stdout' }, line))
  if (streams.err) createInterface(streams.err).on('line', (line) => log.warn({ stream: 'stderr' }, line))
}

export interface EngineLaunch {
  /** The engine's built entry file. */
  readonly entry: string
  readonly log: Logger
  /** Whether NVIDIA's libraries may compute in TF32. */
  readonly tf32?: boolean | undefined
  /** The environment; absent: this process's own. */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Milliseconds from being asked to end until being ended by force. */
  readonly killGrace?: number
}

/**
 * Starts an engine as a child process of Node; the messages of its port cross the IPC channel. `exited`
 * resolves, and the port closes, once the process has ended and its channel has been read to the end; events
 * that nobody has taken from their stream by then are lost. `exited` never rejects: a process that could not be
 * started has neither code nor signal.
 */
export function launchEngineProcess(options: EngineLaunch): EngineProcess {
  const { killGrace = KILL_GRACE_MS } = options
  const child = fork(options.entry, [], {
    // Messages may hold binary data.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Not this process's own, e.g. those of a debugger.
    execArgv: [],
    env: engineEnvironment(options.tf32, options.env)
  })
  const log = options.log.child({ engine: child.pid })
  logOutput(log, { out: child.stdout, err: child.stderr })

  const port = engineClientPort((message) => {
    // A send that fails means that the engine is gone: its exit says so, and closes the port.
    child.send(message as string | object, () => undefined)
  })
  child.on('message', (message) => port.receive(message))

  let force: NodeJS.Timeout | undefined
  const exited = new Promise<EngineExit>((resolve) => {
    let exit: EngineExit | undefined
    let connected = true
    const end = (): void => {
      if (exit === undefined || connected) return
      clearTimeout(force)
      log.info(exit, 'engine ended')
      port.close()
      resolve(exit)
    }
    child.once('exit', (code, signal) => {
      exit = { code, signal }
      end()
    })
    child.once('disconnect', () => {
      connected = false
      // An engine that ends disconnects first; one that stays without its channel is of no use.
      if (exit === undefined) endByForceLater()
      end()
    })
    child.on('error', (error) => {
      log.error({ err: error }, 'engine process')
      if (child.pid !== undefined) return
      exit = { code: null, signal: null }
      connected = false
      end()
    })
  })

  function endByForceLater(): void {
    force ??= setTimeout(() => child.kill('SIGKILL'), killGrace).unref()
  }

  return {
    port,
    exited,
    kill: () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      endByForceLater()
    }
  }
}
