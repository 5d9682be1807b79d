/**
 * Real files with random damage: every one is read or refused with a typed error, none takes long.
 * FUZZ_COUNT tries more than the usual number, FUZZ_SEED others.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { LinchpinError } from '@shared/errors'
import { openCheckpoint } from '../../../../src/main/checkpoints'
import { temporaryFolder } from '../../../support/folder'
import { bytesOf } from './fixtures'

const COUNT = Number(process.env.FUZZ_COUNT ?? 1500)
const SEED = Number(process.env.FUZZ_SEED ?? 3)
const LONGEST_MS = 2000

const FILES = [
  'bare.pth',
  'bare_legacy.pth',
  'protocol5.bin',
  'protocol1_legacy.bin',
  'module.pt',
  'training.pth.tar',
  'training_legacy.pth.tar',
  'ema.pth',
  'views.pth',
  'views_legacy.pth',
  'dtypes.pth',
  'odd_tensors.pth',
  'scripted.pt',
  'attack.pth',
  'packed_pickle.pth',
  'storage_views.pth'
]

/** Bytes that mean much in a pickle or a length. */
const TELLING = [
  ...Buffer.from('.()]}RbQNKMJcqhrju0120els'),
  0,
  1,
  0x7f,
  0x80,
  0x8a,
  0x8b,
  0x8d,
  0x93,
  0x95,
  0xff
]

type Random = (below: number) => number

/** mulberry32. */
function generator(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

const MUTATIONS: readonly ((bytes: Buffer, other: Buffer, random: Random) => Buffer)[] = [
  (bytes, _, random) => {
    bytes[random(bytes.length)]! ^= 1 << random(8)
    return bytes
  },
  (bytes, _, random) => {
    bytes[random(bytes.length)] = TELLING[random(TELLING.length)]!
    return bytes
  },
  (bytes, _, random) => {
    const at = random(bytes.length)
    return bytes.fill(random(2) * 255, at, Math.min(bytes.length, at + 1 + random(8)))
  },
  (bytes, _, random) => bytes.subarray(0, random(bytes.length) + 1),
  (bytes, _, random) => {
    const at = random(bytes.length)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(40))])
  },
  (bytes, _, random) => {
    const [from, to] = [random(bytes.length), random(bytes.length)]
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, from + random(60)), bytes.subarray(to)])
  },
  (bytes, other, random) => {
    const from = random(other.length)
    other.copy(bytes, random(bytes.length), from, from + 1 + random(60))
    return bytes
  }
]

function damaged(random: Random): Buffer {
  const [file, other] = [bytesOf(FILES[random(FILES.length)]!), bytesOf(FILES[random(FILES.length)]!)]
  let bytes: Buffer = file
  for (let i = 0; i <= random(4); i++) {
    if (bytes.length > 0) bytes = MUTATIONS[random(MUTATIONS.length)]!(bytes, other, random)
  }
  return bytes
}

/** Opens it and reads all that it says it has. Null: all of it could be read. */
async function failureOf(path: string): Promise<unknown> {
  const checkpoint = await openCheckpoint(path).catch((error: unknown) => error)
  if (checkpoint === null || typeof checkpoint !== 'object' || !('kind' in checkpoint)) return checkpoint
  const opened = checkpoint as Awaited<ReturnType<typeof openCheckpoint>>
  let failure: unknown = null
  for (const tensor of opened.kind === 'state-dict' ? opened.tensors.values() : []) {
    const error: unknown = await tensor.read().then(
      () => null,
      (reason: unknown) => reason
    )
    if (failure === null || (error !== null && !(error instanceof LinchpinError))) failure = error
  }
  await opened.close()
  return failure
}

it(`${COUNT} damaged files are read or refused`, { timeout: 60_000 + 20 * COUNT }, async () => {
  const random = generator(SEED)
  const path = join(temporaryFolder(), 'model.pth')
  const outcomes = new Map<string, number>()
  for (let i = 0; i < COUNT; i++) {
    writeFileSync(path, damaged(random))
    const start = performance.now()
    const failure = await failureOf(path)
    const known = failure === null || (failure instanceof LinchpinError && failure.code !== 'BUG')
    if (!known) throw new Error(`case ${i} of seed ${SEED}`, { cause: failure })
    expect(performance.now() - start, `case ${i} of seed ${SEED}`).toBeLessThan(LONGEST_MS)
    const outcome = failure instanceof LinchpinError ? failure.code : 'read'
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  // The damage is neither always fatal nor never.
  for (const outcome of ['read', 'FORMAT_INVALID', 'FILE_TRUNCATED']) {
    expect(outcomes.get(outcome), JSON.stringify([...outcomes])).toBeGreaterThan(COUNT / 100)
  }
})
