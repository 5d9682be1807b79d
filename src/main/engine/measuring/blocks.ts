/** Which images run together: tasks are cut into blocks, and blocks gathered in shards. Pure. */
import type { Task } from '@shared/contract/engine'
import type { Sampling } from '@shared/contract/measurement'

/** Places `from` to `to` of a sequence of images: they run at a time, for every unit and trial that wants them. */
export interface Block {
  /** The trial that has a sequence of its own; null: evaluation order. */
  readonly sequence: number | null
  readonly from: number
  readonly to: number
}

export interface ShardTask {
  readonly unit: string
  readonly trial: number
  /** Side by side. */
  readonly blocks: readonly Block[]
}

/** Blocks that are led through the network together, and what is measured on them. */
export interface Shard {
  readonly blocks: readonly Block[]
  readonly tasks: readonly ShardTask[]
}

interface Cutting {
  readonly sampling: Sampling
  /** Images at a time, at most. */
  readonly batch: number
  /** Images of a shard, about. */
  readonly capacity: number
}

export function shardsOf(tasks: readonly Task[], { sampling, batch, capacity }: Cutting): Shard[] {
  const sequences = new Map<number | null, Task[]>()
  for (const task of tasks) {
    if (task.to <= task.from) continue
    const sequence = sampling === 'same' ? null : task.trial
    const known = sequences.get(sequence)
    if (known === undefined) sequences.set(sequence, [task])
    else known.push(task)
  }
  const blocks = [...sequences]
    .sort(([a], [b]) => (a ?? 0) - (b ?? 0))
    .flatMap(([sequence, own]) => blocksOf(sequence, own, batch))
  return packed(blocks, capacity).map((shard) => ({
    blocks: shard,
    tasks: tasksIn(shard, sequences)
  }))
}

/** A fresh sequence is begun with few images, and often no more are wanted: small blocks come first. */
function grid(sequence: number | null, batch: number, end: number): number[] {
  const places: number[] = []
  if (sequence === null) for (let place = 0; place < end; place += batch) places.push(place)
  else for (let place = 0; place < end; place = nextStep(place, batch)) places.push(place)
  return places
}

/** 0, 1, 2, 3, 4, 6, 8, 12, 16, 24 …: doubling in two steps, and no step longer than a batch. */
function nextStep(place: number, batch: number): number {
  const power = place < 4 ? 2 : 2 ** Math.floor(Math.log2(place))
  return place + Math.min(batch, power / 2)
}

function blocksOf(sequence: number | null, tasks: readonly Task[], batch: number): Block[] {
  const end = tasks.reduce((most, { to }) => Math.max(most, to), 0)
  const cuts = new Set([...grid(sequence, batch, end), ...tasks.flatMap(({ from, to }) => [from, to])])
  const places = [...cuts].sort((a, b) => a - b)
  return places.flatMap((from, i) => {
    const to = places[i + 1]
    const wanted = to !== undefined && tasks.some((task) => task.from <= from && task.to >= to)
    return wanted ? [{ sequence, from, to }] : []
  })
}

function packed(blocks: readonly Block[], capacity: number): Block[][] {
  const shards: Block[][] = []
  let room = 0
  for (const block of blocks) {
    const size = block.to - block.from
    const last = shards.at(-1)
    if (last === undefined || size > room) {
      shards.push([block])
      room = capacity - size
    } else {
      last.push(block)
      room -= size
    }
  }
  return shards
}

function tasksIn(
  shard: readonly Block[],
  sequences: ReadonlyMap<number | null, readonly Task[]>
): ShardTask[] {
  const bySequence = Map.groupBy(shard, ({ sequence }) => sequence)
  return [...bySequence].flatMap(([sequence, blocks]) =>
    (sequences.get(sequence) ?? []).flatMap(({ unit, trial, from, to }) => {
      const own = blocks.filter((block) => block.from >= from && block.to <= to)
      return own.length === 0 ? [] : [{ unit, trial, blocks: own }]
    })
  )
}
