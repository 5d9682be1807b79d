/** Runs by itself: reads one large file in one way, and prints seconds and the most megabytes held above the start. */
import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { inspectCheckpoint } from '../../src/main/architectures'
import { openCheckpoint } from '../../src/main/checkpoints'
import { forgetPeak, peakBytes } from '../support/child/peak'
import type { Place } from './large'

const [, , way = '', path = '', places = ''] = process.argv

/** The same reads as those of the tensors, into fresh memory that is kept. */
async function bytesAlone(): Promise<void> {
  const file = await open(path, 'r')
  for (const [offset, size] of JSON.parse(readFileSync(places, 'utf8')) as Place[]) {
    const bytes = Buffer.allocUnsafeSlow(size)
    await file.read(bytes, 0, size, offset)
    kept.push(bytes)
  }
  await file.close()
}

async function tensors(): Promise<void> {
  const checkpoint = await openCheckpoint(path)
  for (const tensor of checkpoint.kind === 'state-dict' ? checkpoint.tensors.values() : [])
    kept.push(await tensor.read())
  await checkpoint.close()
}

async function inspection(): Promise<void> {
  const inspected = await inspectCheckpoint(path)
  if (inspected.inspection.error !== undefined) throw new Error(inspected.inspection.error.message)
  kept.push(inspected)
}

const WAYS: Readonly<Record<string, () => Promise<void>>> = {
  bytes: bytesAlone,
  tensors,
  inspect: inspection
}

const kept: unknown[] = []
forgetPeak()
const before = process.memoryUsage().rss
const started = performance.now()
await WAYS[way]?.()
const seconds = (performance.now() - started) / 1000
process.stdout.write(
  JSON.stringify({ seconds, megabytes: (peakBytes() - before) / 1e6, kept: kept.length > 0 })
)
