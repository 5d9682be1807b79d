/** Which process works on a run, and when it was last heard of. */
import { hostname } from 'node:os'
import { isErrno } from '../files/errors'

/** How often a process says that it is still at its runs, in milliseconds. */
export const HEARTBEAT = 5_000
/** After this long without a word a run is taken to be left, in milliseconds. */
const SILENCE = 30_000

const ME = `${hostname()}:${String(process.pid)}`

/** This process, heard of now. */
export function ownerNow(): string {
  return `${ME}:${String(Date.now())}`
}

/**
 * Whether a run belongs to another process that is at it. A number may be given to a new process after a restart, so
 * the owner must also have been heard of lately; of one on another machine that is all that can be known.
 */
export function isElsewhere(owner: string | null): boolean {
  const [host, pid, seen] = owner?.split(':') ?? []
  if (host === undefined || pid === undefined || `${host}:${pid}` === ME) return false
  const heardOf = Date.now() - Number(seen) < SILENCE
  return heardOf && (host !== hostname() || isRunning(Number(pid)))
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user cannot be signalled, but is there.
    return isErrno(error, 'EPERM')
  }
}

/** In words. */
export function describeOwner(owner: string | null): string {
  const [host = 'this machine', pid = '?'] = owner?.split(':') ?? []
  return `process ${pid} on ${host}`
}
