/**
 * Sound files with random damage: every one is read or refused with a typed error, none takes long.
 * FUZZ_COUNT tries more than the usual number, FUZZ_SEED others: `npm run fuzz -- --count 50000 --seed 7`.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { LinchpinError } from '@shared/errors'
import { openCheckpoint } from '../../../src/main/checkpoints'
import { temporaryFolder } from '../../support/folder'
import { byFormat, corpus, type Sound } from '../../support/fuzz/corpus'
import { damaged } from '../../support/fuzz/mutations'
import { generator, oneOf, type Random } from '../../support/fuzz/random'
import { cpuMilliseconds } from './pytorch/fixtures'

const COUNT = Number(process.env.FUZZ_COUNT ?? 4000)
const SEED = Number(process.env.FUZZ_SEED ?? 3)
/** Of processor time: a busy machine does not lengthen it. */
const LONGEST_MS = 2000

/** Opens it and reads all that it says it has. Null: all of it could be read. */
async function failureOf(path: string): Promise<unknown> {
  try {
    const checkpoint = await openCheckpoint(path)
    let failure: unknown = null
    for (const tensor of checkpoint.kind === 'state-dict' ? checkpoint.tensors.values() : []) {
      const error: unknown = await tensor.read().then(
        () => null,
        (reason: unknown) => reason
      )
      if (failure === null || (error !== null && !(error instanceof LinchpinError))) failure = error
    }
    await checkpoint.close()
    return failure
  } catch (error) {
    return error
  }
}

function write(folder: string, sound: Sound, files: readonly Sound[], random: Random): void {
  const victim = oneOf(random, sound.damage)
  const other = oneOf(random, files)
  for (const [name, bytes] of Object.entries(sound.files)) {
    const content = name === victim ? damaged(bytes, other.files[other.open]!, random) : bytes
    writeFileSync(join(folder, name), content)
  }
}

it(`${COUNT} damaged files are read or refused`, { timeout: 60_000 + 30 * COUNT }, async () => {
  const random = generator(SEED)
  const files = corpus()
  const formats = [...byFormat(files)]
  const outcomes = new Map<string, number>()
  const count = (outcome: string): void => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  const folder = temporaryFolder()
  for (let i = 0; i < COUNT; i++) {
    const [format, sounds] = oneOf(random, formats)
    const sound = oneOf(random, sounds)
    write(folder, sound, files, random)
    const start = cpuMilliseconds()
    const failure = await failureOf(join(folder, sound.open))
    const what = `case ${i} of seed ${SEED}: ${sound.open}`
    const known = failure === null || (failure instanceof LinchpinError && failure.code !== 'BUG')
    if (!known) throw new Error(what, { cause: failure })
    expect(cpuMilliseconds() - start, what).toBeLessThan(LONGEST_MS)
    count(`${format} ${failure instanceof LinchpinError ? failure.code : 'read'}`)
    for (const name of Object.keys(sound.files)) rmSync(join(folder, name))
  }
  if (process.env.FUZZ_COUNT !== undefined) console.log(Object.fromEntries([...outcomes].sort()))
  // The damage is neither always fatal nor never; what a config file says is taken or left.
  for (const [format] of formats) {
    expect(outcomes.get(`${format} read`), JSON.stringify([...outcomes])).toBeGreaterThan(0)
    if (format !== 'config') expect(outcomes.get(`${format} FORMAT_INVALID`)).toBeGreaterThan(0)
  }
  expect(outcomes.get('config FORMAT_INVALID')).toBeUndefined()
})
