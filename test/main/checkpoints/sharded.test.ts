/** Shards as transformers and huggingface_hub write them. */
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkpointFiles, openCheckpoint } from '../../../src/main/checkpoints'
import { temporaryFolder } from '../../support/folder'
import { fixture } from '../../support/golden'
import { expectProblem } from '../../support/problems'
import { fileBytes, float32Tensor, readTensors, tensorBytes } from '../../support/safetensors'
import { checkpoints, folderOf, stateDict } from './fixtures'

const whole = readTensors(checkpoints('whole.safetensors'))

/** A copy that can be changed. */
function copy(name: string): string {
  const folder = temporaryFolder()
  for (const file of readdirSync(checkpoints(name)))
    copyFileSync(join(checkpoints(name), file), join(folder, file))
  return folder
}

const namesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => !/config/.test(name))
    .sort()

const kinds: [string, string, string, string][] = [
  ['sharded', 'model.safetensors.index.json', 'model-00002-of-00003.safetensors', 'safetensors'],
  ['sharded_bin', 'pytorch_model.bin.index.json', 'pytorch_model-00001-of-00002.bin', 'pytorch']
]

describe.each(kinds)('%s', (folder, index, shard, format) => {
  it.each([index, shard, ''])('opened by "%s" is the whole network', async (name) => {
    const checkpoint = await stateDict(join(checkpoints(folder), name))
    expect(checkpoint).toMatchObject({ format, container: null, stateDicts: [] })
    expect([...checkpoint.tensors.keys()].sort()).toEqual([...whole.keys()].sort())
    for (const [key, { shape, bytes }] of whole) {
      const tensor = checkpoint.tensors.get(key)!
      expect(tensor.shape, key).toEqual(shape)
      expect(await tensor.read(), key).toEqual(new Float32Array(bytes.slice().buffer))
    }
    await checkpoint.close()
  })

  it('is made of the index and its shards, whichever was named', async () => {
    const files = namesIn(checkpoints(folder))
    const expected = [index, ...files.filter((name) => name !== index)]
    for (const name of [index, shard]) {
      const found = await checkpointFiles(join(checkpoints(folder), name))
      expect(found.map((file) => basename(file))).toEqual(expected)
    }
  })

  it('without its index is the whole of the series', async () => {
    const path = copy(folder)
    rmSync(join(path, index))
    const checkpoint = await stateDict(join(path, shard))
    expect(checkpoint.tensors.size).toBe(whole.size)
    expect(checkpoint.files.map((file) => basename(file))).toEqual(namesIn(path))
    await checkpoint.close()
  })

  it.each([true, false])('says which file is missing (with an index: %s)', async (indexed) => {
    const path = copy(folder)
    const [missing, left] = namesIn(path).filter((name) => name !== index)
    rmSync(join(path, missing!))
    if (!indexed) rmSync(join(path, index))
    for (const name of indexed ? [index, left!] : [left!]) {
      await expectProblem(openCheckpoint(join(path, name)), 'FILE_NOT_FOUND', `"${missing!}"`)
    }
    await expectProblem(openCheckpoint(join(path, missing!)), 'FILE_NOT_FOUND', missing!)
  })

  it('has no choice of weights', async () => {
    await expectProblem(
      openCheckpoint(join(checkpoints(folder), index), { weights: 'ema' }),
      'OPTION_INVALID',
      '"ema"'
    )
  })
})

it('the metadata of index and shards are kept', async () => {
  const path = join(checkpoints('sharded'), 'model.safetensors.index.json')
  const index = JSON.parse(readFileSync(path, 'utf8')) as { metadata: { total_size: number } }
  const checkpoint = await stateDict(path)
  expect(checkpoint.metadata).toMatchObject({
    format: 'pt',
    total_size: String(index.metadata.total_size)
  })
  await checkpoint.close()
})

it('a shard with another index beside it is one of its own series', async () => {
  const folder = copy('sharded')
  const index = join(folder, 'model.safetensors.index.json')
  writeFileSync(index, JSON.stringify({ weight_map: { a: 'other.safetensors' } }))
  const checkpoint = await stateDict(join(folder, 'model-00001-of-00003.safetensors'))
  expect(checkpoint.tensors.size).toBe(whole.size)
  await checkpoint.close()
})

describe('an index', () => {
  const one = tensorBytes(new Map([['a', float32Tensor([1], [1])]]))
  const two = tensorBytes(new Map([['b', float32Tensor([1], [2])]]))
  const opened = (index: unknown): ReturnType<typeof openCheckpoint> => {
    const text = typeof index === 'string' ? index : JSON.stringify(index)
    const folder = folderOf({ 'x.index.json': text, 'one.safetensors': one, 'two.safetensors': two })
    return openCheckpoint(join(folder, 'x.index.json'))
  }

  it.each(['../one.safetensors', '/etc/passwd', 'a/b.safetensors', '..', '.', '', 'a\\b', 'a\0b'])(
    'that wants a file at "%s" is refused',
    async (name) => {
      const problem = await expectProblem(opened({ weight_map: { a: name } }), 'FORMAT_INVALID', 'beside it')
      expect(problem.message).toContain(`from "${name}"`)
    }
  )

  it.each<[string, unknown, string]>([
    ['of no file names', { weight_map: { a: 5 } }, 'is no file name'],
    ['without weights', { weight_map: {} }, 'is empty'],
    ['with a false place', { weight_map: { a: 'two.safetensors' } }, '"a" is in "two.safetensors"'],
    [
      'with a tensor that is nowhere',
      { weight_map: { c: 'one.safetensors' } },
      '"c" is in "one.safetensors"'
    ],
    ['that is cut', '{"weight_map": {"a": "one.safe', 'no JSON'],
    ['with a name twice', '{"weight_map": {"a": "one.safetensors", "a": "one.safetensors"}}', 'two places'],
    ['with two maps', '{"weight_map": {"a": "x"}, "weight_map": {"a": "y"}}', 'two maps'],
    ['of a thousand files', { weight_map: many((i) => `${i}.safetensors`) }, 'expected at most']
  ])('%s is refused', async (_, index, fact) => {
    await expectProblem(opened(index), 'FORMAT_INVALID', fact)
  })

  it('that is other JSON is said to be it', async () => {
    for (const text of ['{"model_type": "vit"}', '{}', '{"weight_map": 5}']) {
      await expectProblem(opened(text), 'FORMAT_UNSUPPORTED', 'JSON')
    }
  })

  it('of names like __proto__ is read', async () => {
    const header = '{"__proto__": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}'
    const bytes = fileBytes(header, new Uint8Array(Float32Array.of(3).buffer))
    const index = '{"weight_map": {"__proto__": "m.safetensors"}, "metadata": {"__proto__": "x"}}'
    const folder = folderOf({ 'm.safetensors': bytes, 'm.index.json': index })
    const checkpoint = await stateDict(join(folder, 'm.index.json'))
    expect([...(await checkpoint.tensors.get('__proto__')!.read())]).toEqual([3])
    await checkpoint.close()
  })

  it('of files that hold the same tensor is refused', async () => {
    const folder = folderOf({
      'm.index.json': JSON.stringify({ weight_map: { a: '1.safetensors', b: '2.safetensors' } }),
      '1.safetensors': one,
      '2.safetensors': tensorBytes(
        new Map([
          ['a', float32Tensor([1], [1])],
          ['b', float32Tensor([1], [1])]
        ])
      )
    })
    await expectProblem(openCheckpoint(join(folder, 'm.index.json')), 'FORMAT_INVALID', '"a" is in')
  })

  it('of files of two formats is refused', async () => {
    const folder = copy('sharded_bin')
    const map = { a: 'one.safetensors', 'classifier.bias': 'pytorch_model-00002-of-00002.bin' }
    writeFileSync(join(folder, 'm.index.json'), JSON.stringify({ weight_map: map }))
    writeFileSync(join(folder, 'one.safetensors'), one)
    await expectProblem(openCheckpoint(join(folder, 'm.index.json')), 'FORMAT_INVALID', 'several formats')
  })

  it('may name one file alone', async () => {
    const folder = folderOf({
      'm.index.json': JSON.stringify({ weight_map: { a: 'm.safetensors' } }),
      'm.safetensors': one
    })
    const checkpoint = await stateDict(join(folder, 'm.index.json'))
    expect([...checkpoint.tensors.keys()]).toEqual(['a'])
    await checkpoint.close()
  })
})

it('a shard whose pickle would run something runs nothing, and its weights open', async () => {
  const folder = folderOf({
    'm.bin.index.json': JSON.stringify({ weight_map: { 'fc.bias': 'm-00001-of-00001.bin' } }),
    'm-00001-of-00001.bin': readFileSync(fixture('pytorch/attack.pth'))
  })
  const checkpoint = await stateDict(join(folder, 'm-00001-of-00001.bin'))
  expect(checkpoint.files.length).toBe(2)
  expect((await checkpoint.tensors.get('fc.bias')!.read()).length).toBe(3)
  await checkpoint.close()
  for (const place of ['.', '/tmp', folder]) {
    expect(existsSync(join(place, 'linchpin-attack-ran'))).toBe(false)
  }
})

it('a single numbered file is itself', async () => {
  const folder = copy('sharded')
  const path = join(folder, 'm-00001-of-00001.safetensors')
  renameSync(join(folder, 'model-00001-of-00003.safetensors'), path)
  expect(await checkpointFiles(path)).toEqual([path])
})

it('one of 99999 files is refused', async () => {
  const folder = folderOf({ 'm-00001-of-99999.safetensors': 'x' })
  await expectProblem(openCheckpoint(join(folder, 'm-00001-of-99999.safetensors')), 'FORMAT_INVALID', '99999')
})

function many(value: (i: number) => string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`t${i}`, value(i)]))
}
