import { utilityProcess } from 'electron'
import { Readable } from 'node:stream'
import type { EngineExit, EngineProcess } from '../../application/ports'
import {
  engineClientPort,
  engineEnvironment,
  KILL_GRACE_MS,
  logOutput,
  type EngineLaunch
} from '../engine-process'

/**
 * Starts an engine as a utility process of Electron, which ends it together with the application.
 *
 * @param entry the engine's built entry file.
 */
export function launchUtilityEngine(options: Omit<EngineLaunch, 'env' | 'killGrace'>): EngineProcess {
  const child = utilityProcess.fork(options.entry, [], {
    stdio: 'pipe',
    serviceName: 'Linchpin engine',
    env: engineEnvironment(options.tf32)
  })
  const log = options.log.child({ engine: 'utility' })
  const port = engineClientPort((message) => child.postMessage(message))
  child.on('message', (message: unknown) => port.receive(message))
  child.once('spawn', () => log.info({ pid: child.pid }, 'engine started'))
  child.on('error', (type, location) => log.error({ type, location }, 'engine process'))
  logOutput(log, { out: asReadable(child.stdout), err: asReadable(child.stderr) })

  let force: NodeJS.Timeout | undefined
  const exited = new Promise<EngineExit>((resolve) => {
    child.once('exit', (code) => {
      clearTimeout(force)
      log.info({ code }, 'engine ended')
      port.close()
      resolve({ code, signal: null })
    })
  })
  function end(): void {
    const { pid } = child
    if (pid === undefined || force !== undefined) return
    child.kill()
    force = setTimeout(() => process.kill(pid, 'SIGKILL'), KILL_GRACE_MS).unref()
  }

  return {
    port,
    exited,
    kill: () => {
      // It has no number before it has started; without this, whoever waits for its end would wait for ever.
      if (child.pid === undefined) child.once('spawn', end)
      else end()
    }
  }
}

function asReadable(stream: NodeJS.ReadableStream | null): Readable | null {
  return stream === null ? null : new Readable().wrap(stream)
}
