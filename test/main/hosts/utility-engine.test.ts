import { EventEmitter } from 'node:events'
import { pino } from 'pino'
import { expect, it, vi } from 'vitest'
import { launchUtilityEngine } from '../../../src/main/hosts/desktop/utility-engine'

/** Electron's utility process as it documents it: no number, and nothing to kill, until it has started. */
class FakeProcess extends EventEmitter {
  pid: number | undefined
  readonly stdout = null
  readonly stderr = null
  readonly kill = vi.fn(() => this.pid !== undefined && this.emit('exit', 15))
  readonly postMessage = vi.fn()

  start(): void {
    this.pid = 4_000_000
    this.emit('spawn')
  }
}

const forked = vi.hoisted((): { process: unknown } => ({ process: null }))
vi.mock('electron', () => ({ utilityProcess: { fork: () => forked.process } }))

it('an engine that is ended before it has started ends as soon as it has', async () => {
  const child = new FakeProcess()
  forked.process = child
  const engine = launchUtilityEngine({ entry: 'engine.js', log: pino({ level: 'silent' }) })
  engine.kill()
  expect(child.kill).not.toHaveBeenCalled()
  child.start()
  expect(await engine.exited).toEqual({ code: 15, signal: null })
})
