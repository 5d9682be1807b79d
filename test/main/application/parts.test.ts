import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultBatch } from '../../../src/main/application/batch'
import { matchesAny } from '../../../src/main/application/patterns'
import { RecentStudies } from '../../../src/main/application/recent'
import { temporaryFolder } from '../../support/folder'

// What each pattern takes and leaves, by the rule: * any characters, ? one.
it.each([
  [[], 'anything', true],
  [['conv1'], 'conv1', true],
  [['conv1'], 'layer1.0.conv1', false],
  [['layer1.*'], 'layer1.0.conv1', true],
  [['layer1.*'], 'layer10.conv1', false],
  [['layer?.0.conv*'], 'layer3.0.conv2', true],
  [['layer?.0.conv*'], 'layer13.0.conv2', false],
  [['a', '*fc'], 'head.fc', true],
  [['a+b (1)'], 'a+b (1)', true],
  [['[ab]'], 'a', false],
  [['*'], '', true]
])('%j matches %j: %s', (patterns, name, matches) => {
  expect(matchesAny(patterns, name)).toBe(matches)
})

it('a batch holds 16 images of 224 × 224, at least one and at most 256', () => {
  expect(defaultBatch(224, 224)).toBe(16)
  expect(defaultBatch(448, 448)).toBe(4)
  expect(defaultBatch(4096, 4096)).toBe(1)
  expect(defaultBatch(32, 32)).toBe(256)
})

describe('recent studies', () => {
  it('are listed newest first, once each, as long as they are there', () => {
    const folder = temporaryFolder()
    const recent = new RecentStudies(join(folder, 'recent.json'))
    expect(recent.any).toBe(false)
    const [a, b] = ['a', 'b'].map((name) => join(folder, name)) as [string, string]
    writeFileSync(a, '')
    writeFileSync(b, '')
    recent.add('A', a)
    recent.add('B', b)
    recent.add('Gone', join(folder, 'gone'))
    recent.add('A again', a)
    expect(recent.list().map(({ name }) => name)).toEqual(['A again', 'B'])
    expect(recent.any).toBe(true)
  })

  it.each(['', '{', '[{"name": 3}]'])('of a damaged list (%j) are none', (text) => {
    const path = join(temporaryFolder(), 'recent.json')
    writeFileSync(path, text)
    expect(new RecentStudies(path).list()).toEqual([])
  })
})
