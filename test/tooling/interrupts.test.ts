import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { mergeRepeatedInterrupts } from '../../scripts/parts/interrupts.ts'

const emit = process.emit.bind(process)

beforeEach(() => {
  vi.useFakeTimers()
  mergeRepeatedInterrupts()
})

afterEach(() => {
  process.emit = emit
  process.removeAllListeners('SIGINT')
  vi.useRealTimers()
})

test('an interrupt and its copy are one, a later one is another', () => {
  const heard = vi.fn()
  process.on('SIGINT', heard)
  process.emit('SIGINT')
  vi.advanceTimersByTime(20)
  process.emit('SIGINT')
  expect(heard).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1000)
  process.emit('SIGINT')
  expect(heard).toHaveBeenCalledTimes(2)
})

test('other signals pass as they are', () => {
  const heard = vi.fn()
  process.on('SIGWINCH', heard)
  process.emit('SIGWINCH')
  process.emit('SIGWINCH')
  process.off('SIGWINCH', heard)
  expect(heard).toHaveBeenCalledTimes(2)
})
