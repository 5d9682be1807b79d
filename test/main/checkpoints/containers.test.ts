/** Several state dicts in one file, as training code saves them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCheckpoint } from '../../../src/main/checkpoints'
import { temporaryFolder } from '../../support/folder'
import { golden } from '../../support/golden'
import { expectProblem } from '../../support/problems'
import { checkpoints, madeJson, stateDict, valuesOf } from './fixtures'
import { archive, dict, list, stream, tensor, text } from './pytorch/writer'

interface Known {
  readonly file: string
  readonly stateDicts: readonly {
    readonly name: string
    readonly averaged: boolean
    readonly bias: number
    readonly tensors: number
  }[]
}

const known = madeJson('containers.json') as readonly Known[]

async function biasOf(path: string, weights?: string): Promise<number[]> {
  const checkpoint = await stateDict(path, { weights })
  const name = [...checkpoint.tensors.keys()].find((key) => key.endsWith('fc.bias'))!
  const values = await valuesOf(checkpoint, name)
  await checkpoint.close()
  return values
}

describe.each(known)('$file', ({ file, stateDicts }) => {
  const path = checkpoints(`containers/${file}`)

  it('lists its state dicts, averaged ones first', async () => {
    const checkpoint = await stateDict(path)
    expect(checkpoint.stateDicts).toEqual(
      stateDicts.map(({ name, averaged, tensors }, i) => ({ name, averaged, tensors, chosen: i === 0 }))
    )
    expect(checkpoint.container).toBe(stateDicts[0]?.name ?? null)
    await checkpoint.close()
  })

  it('gives each that is chosen', async () => {
    for (const { name, bias } of stateDicts) {
      expect(await biasOf(path, name), name).toEqual([bias, bias, bias])
      const checkpoint = await stateDict(path, { weights: name })
      expect(checkpoint.container).toBe(name)
      expect(checkpoint.stateDicts.filter(({ chosen }) => chosen).map((each) => each.name)).toEqual([name])
      await checkpoint.close()
    }
    expect(await biasOf(path)).toEqual(Array(3).fill(stateDicts[0]?.bias ?? 1))
  })

  it('says which there are when another is asked for', async () => {
    const quoted = stateDicts.map(({ name }) => `"${name}"`)
    const problem = await expectProblem(
      openCheckpoint(path, { weights: 'nothing' }),
      'OPTION_INVALID',
      '"nothing"',
      ...(quoted.length === 0 ? ['one set of weights'] : quoted)
    )
    expect(problem.details).toEqual(stateDicts.map(({ name }) => name))
  })
})

it.each(['model.safetensors', 'model.onnx'])('%s has no choice', async (name) => {
  await expectProblem(openCheckpoint(golden(name), { weights: 'ema' }), 'OPTION_INVALID', '"ema"')
})

describe('what is not chosen', () => {
  const weights = dict({ 'fc.weight': tensor([2, 3]), 'fc.bias': tensor([3]) })
  // Storages "1" and "2" are nowhere in the file: whoever looks for them fails.
  const moments = dict({
    state: dict({ 0: dict({ exp_avg: tensor([2 ** 30], { key: '1', numel: 2 ** 30 }) }) })
  })
  const averages = dict({ 'fc.weight': tensor([2, 3], { key: '2' }), 'fc.bias': tensor([3], { key: '2' }) })
  const written = (bytes: Uint8Array): string => {
    const path = join(temporaryFolder(), 'model.pth')
    writeFileSync(path, bytes)
    return path
  }

  it('is not read: an optimizer without its values beside the weights is no hindrance', async () => {
    const path = written(archive(dict({ optimizer: moments, state_dict: weights, ema: averages })))
    expect(await biasOf(path, 'state_dict')).toEqual([1, 2, 3])
    await expectProblem(openCheckpoint(path), 'FILE_TRUNCATED', '"m/data/2"')
  })

  it('may be thousands of state dicts', async () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`w${i}`, weights]))
    const checkpoint = await stateDict(written(stream(dict({ ...many, state_dict: weights }))))
    expect(checkpoint.container).toBe('state_dict')
    expect(checkpoint.stateDicts.length).toBe(100)
    await checkpoint.close()
  })

  it('is whatever has no named weights', async () => {
    const root = dict({
      model: weights,
      ema: dict({ shadow_params: list(tensor([2, 3]), tensor([3])) }),
      __proto__x: weights,
      note: text('model_ema')
    })
    const checkpoint = await stateDict(written(archive(root)))
    expect(checkpoint.stateDicts.map(({ name }) => name)).toEqual(['model', '__proto__x'])
    await checkpoint.close()
  })
})
