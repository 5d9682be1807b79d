import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'

const module = pathToFileURL(join(import.meta.dirname, '../../scripts/parts/interrupts.ts')).href

/** Interrupts a program after each of `gaps` (ms), and tells how it ended and what it wrote. */
async function interrupt(program: string, gaps: readonly number[]): Promise<unknown[]> {
  const start = `
    import { mergeRepeatedInterrupts } from ${JSON.stringify(module)}
    mergeRepeatedInterrupts()
    const forever = setInterval(() => undefined, 1000)
    ${program}
    console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', start], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let written = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written += text))
  const ended = once(child, 'close')
  while (!written.includes('ready')) await once(child.stdout, 'data')
  for (const gap of gaps) {
    await pause(gap)
    child.kill('SIGINT')
  }
  const [code, signal] = await ended
  return [code, signal, written.replace('ready\n', '')]
}

describe.skipIf(process.platform === 'win32')('an interrupt and its copy', () => {
  test('are one', async () => {
    const program = `process.on('SIGINT', () => {
      console.log('heard')
      setTimeout(() => process.exit(130), 200)
    })`
    expect(await interrupt(program, [0, 20])).toEqual([130, null, 'heard\n'])
  })

  test('are one for a program that listens once', async () => {
    const program = `process.once('SIGINT', () => setTimeout(() => process.exit(130), 200))`
    expect(await interrupt(program, [0, 20])).toEqual([130, null, ''])
  })

  test('are not taken for a later interrupt', async () => {
    const program = `let heard = 0
    process.on('SIGINT', () => { if (++heard === 2) process.exit(7) })`
    expect(await interrupt(program, [0, 700])).toEqual([7, null, ''])
  })

  test('end a program that does not listen', async () => {
    expect(await interrupt('', [0])).toEqual([null, 'SIGINT', ''])
  })
})
