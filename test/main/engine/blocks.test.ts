import { describe, expect, it } from 'vitest'
import type { Task } from '@shared/contract/engine'
import { shardsOf, type Block } from '../../../src/main/engine/measuring/blocks'

const shown = ({ sequence, from, to }: Block): string =>
  `${sequence === null ? '' : `${String(sequence)}:`}${String(from)}-${String(to)}`

const task = (unit: string, trial: number, from: number, to: number): Task => ({ unit, trial, from, to })

describe('the same images for all trials', () => {
  it('are cut into batches, and batches gathered up to the capacity', () => {
    const shards = shardsOf([task('a', 0, 0, 22), task('a', 1, 0, 22), task('b', 0, 0, 22)], {
      sampling: 'same',
      batch: 4,
      capacity: 9
    })
    expect(shards.map(({ blocks }) => blocks.map(shown))).toEqual([
      ['0-4', '4-8'],
      ['8-12', '12-16'],
      ['16-20', '20-22']
    ])
    for (const { blocks, tasks } of shards) {
      expect(tasks.map(({ unit, trial }) => [unit, trial])).toEqual([['a', 0], ['a', 1], ['b', 0]]) // prettier-ignore
      for (const { blocks: own } of tasks) expect(own).toEqual(blocks)
    }
  })

  it('run only where something is left: after an interruption, with another batch too', () => {
    const shards = shardsOf([task('a', 0, 12, 20), task('b', 0, 6, 20)], {
      sampling: 'same',
      batch: 8,
      capacity: 100
    })
    expect(shards.map(({ blocks }) => blocks.map(shown))).toEqual([['6-8', '8-12', '12-16', '16-20']])
    expect(shards[0]!.tasks.map(({ unit, blocks }) => [unit, blocks.map(shown)])).toEqual([
      ['a', ['12-16', '16-20']],
      ['b', ['6-8', '8-12', '12-16', '16-20']]
    ])
  })

  it('have gaps where nothing is wanted', () => {
    const shards = shardsOf([task('a', 0, 0, 4), task('b', 0, 12, 16)], {
      sampling: 'same',
      batch: 4,
      capacity: 100
    })
    expect(shards.flatMap(({ blocks }) => blocks.map(shown))).toEqual(['0-4', '12-16'])
  })
})

describe('images of its own for each trial', () => {
  it('come in blocks that grow, so that units that want few share them with units that want many', () => {
    const shards = shardsOf([task('a', 0, 0, 24), task('b', 0, 0, 3), task('b', 1, 0, 3)], {
      sampling: 'fresh',
      batch: 4,
      capacity: 100
    })
    expect(shards.flatMap(({ blocks }) => blocks.map(shown))).toEqual([
      '0:0-1', '0:1-2', '0:2-3', '0:3-4', '0:4-6', '0:6-8', '0:8-12', '0:12-16', '0:16-20', '0:20-24',
      '1:0-1', '1:1-2', '1:2-3'
    ]) // prettier-ignore
    const own = shards[0]!.tasks.find(({ unit, trial }) => unit === 'b' && trial === 0)!
    expect(own.blocks.map(shown)).toEqual(['0:0-1', '0:1-2', '0:2-3'])
  })

  it('go on where a trial has seen some', () => {
    const [shard] = shardsOf([task('a', 5, 4, 12)], { sampling: 'fresh', batch: 64, capacity: 100 })
    expect(shard!.blocks.map(shown)).toEqual(['5:4-6', '5:6-8', '5:8-12'])
  })
})

it('a batch above the capacity is a shard of its own; nothing to do makes none', () => {
  const cutting = { sampling: 'same', batch: 4, capacity: 1 } as const
  expect(shardsOf([task('a', 0, 0, 8)], cutting).map(({ blocks }) => blocks.map(shown))).toEqual([
    ['0-4'],
    ['4-8']
  ])
  expect(shardsOf([task('a', 0, 8, 8)], cutting)).toEqual([])
})
