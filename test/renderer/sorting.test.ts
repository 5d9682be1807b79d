import { describe, expect, it } from 'vitest'
import { stemOf } from '../../src/renderer/client/checkpoint-names'
import { companionsOf, kindOf, sortPaths, type Named } from '../../src/renderer/client/sorting'

const named = (...names: string[]): Named[] => names.map((name) => ({ name, directory: name.endsWith('/') }))
/** Files of a dropped folder. */
const inFolder = (folder: string, ...names: string[]): Named[] =>
  names.map((name) => ({ name, directory: false, folder }))

const names = (entries: readonly { readonly name: string }[]): string[] => entries.map(({ name }) => name)

describe('what a drop becomes', () => {
  it.each([
    ['study.linchpin', 'study'],
    ['val/', 'images'],
    ['images.npy', 'images'],
    ['val_images.npz', 'images'],
    ['val_labels.npy', 'labels'],
    ['resnet.safetensors', 'checkpoint'],
    ['resnet.pth', 'checkpoint'],
    ['resnet50.npz', 'checkpoint'],
    ['model.safetensors.index.json', 'checkpoint'],
    ['strange.xyz', 'checkpoint'],
    ['results.csv', 'ignored'],
    ['cat.jpg', 'ignored'],
    ['.DS_Store', 'ignored'],
    ['config.json', 'ignored']
  ])('%s is %s', (name, kind) => {
    const [entry] = named(name)
    expect(entry && kindOf(entry, named(name))).toBe(kind)
  })

  it('says why a file is not used', () => {
    const reasons = Object.fromEntries(
      sortPaths(named('results.csv', 'preprocessor_config.json', 'notes.json', '.DS_Store')).ignored.map(
        ({ name, reason }) => [name, reason]
      )
    )
    expect(reasons).toEqual({
      'results.csv': 'Tables of results cannot be imported yet.',
      'preprocessor_config.json': 'It describes a checkpoint. Drop both together.',
      'notes.json': 'It belongs to no checkpoint beside it.',
      '.DS_Store': 'It is a hidden file.'
    })
  })
})

describe('files that belong to a checkpoint', () => {
  it('are the external data of an ONNX file', () => {
    const sorted = sortPaths(named('a.onnx', 'a.onnx.data', 'weights', 'b.safetensors'))
    expect(names(sorted.checkpoints)).toEqual(['a.onnx', 'b.safetensors'])
    expect(names(sorted.companions)).toEqual(['a.onnx.data', 'weights'])
    const [graph, other] = sorted.checkpoints
    expect(graph && names(companionsOf(graph, sorted.companions))).toEqual(['a.onnx.data', 'weights'])
    expect(other && companionsOf(other, sorted.companions)).toEqual([])
  })

  it('are config files, and a JSON file of its own name', () => {
    const sorted = sortPaths(
      named(
        'a.safetensors',
        'a.json',
        'b.pth.tar',
        'b.json',
        'config.json',
        'preprocessor_config.json',
        'c.json'
      )
    )
    expect(names(sorted.checkpoints)).toEqual(['a.safetensors', 'b.pth.tar'])
    expect(
      sorted.checkpoints.map((checkpoint) => names(companionsOf(checkpoint, sorted.companions)))
    ).toEqual([
      ['a.json', 'config.json', 'preprocessor_config.json'],
      ['b.json', 'config.json', 'preprocessor_config.json']
    ])
    expect(names(sorted.ignored)).toEqual(['c.json'])
  })

  const shards = (base: string, extension: string, count: number): string[] =>
    Array.from(
      { length: count },
      (_, i) => `${base}-0000${String(i + 1)}-of-0000${String(count)}.${extension}`
    )

  it('are the shards that an index lists, of its own series only', () => {
    const [index, other] = ['model.safetensors.index.json', 'pytorch_model.bin.index.json'] as const
    const own = shards('model', 'safetensors', 3)
    const sorted = sortPaths(named(...own, index, ...shards('pytorch_model', 'bin', 2), other))
    expect(names(sorted.checkpoints)).toEqual([index, other])
    const [first] = sorted.checkpoints
    expect(first && names(companionsOf(first, sorted.companions))).toEqual(own)
    expect(sorted.companions).toHaveLength(5)
  })

  it('are the shards of a variant', () => {
    const sorted = sortPaths(
      named('model.safetensors.index.fp16.json', ...shards('model.fp16', 'safetensors', 2))
    )
    expect(names(sorted.checkpoints)).toEqual(['model.safetensors.index.fp16.json'])
  })

  it('are all shards but the first, where there is no index', () => {
    const [first = '', ...others] = shards('model', 'safetensors', 3)
    const sorted = sortPaths(named(...others.toReversed(), first, 'single.safetensors'))
    expect(names(sorted.checkpoints)).toEqual([first, 'single.safetensors'])
    const [checkpoint] = sorted.checkpoints
    expect(checkpoint && names(companionsOf(checkpoint, sorted.companions))).toEqual(others.toReversed())
  })

  it('lie in the same folder', () => {
    const sorted = sortPaths([
      ...inFolder('one', 'model.safetensors', 'config.json'),
      ...inFolder('two', 'model.safetensors', 'config.json', 'README.md', 'LICENSE', 'optimizer.pt'),
      ...named('config.json')
    ])
    expect(sorted.checkpoints.map(({ name, folder }) => [name, folder])).toEqual([
      ['model.safetensors', 'one'],
      ['model.safetensors', 'two']
    ])
    for (const checkpoint of sorted.checkpoints) {
      expect(companionsOf(checkpoint, sorted.companions).map(({ folder }) => folder)).toEqual([
        checkpoint.folder
      ])
    }
    expect(names(sorted.ignored)).toEqual(['README.md', 'LICENSE', 'optimizer.pt', 'config.json'])
  })
})

it.each([
  ['resnet.pth.tar', 'resnet'],
  ['model.safetensors.index.json', 'model'],
  ['vit-00001-of-00002.safetensors', 'vit'],
  ['a.b.npz', 'a.b'],
  ['plain', 'plain']
])('the stem of %s is %s', (name, stem) => {
  expect(stemOf(name)).toBe(stem)
})
