/** Leads images through the network unit by unit: each value that a unit needs from upstream is computed once. */
import { crossesAsFloat32, crossingName, filesOf, sizeOf, type Crossing } from '../../graph'
import { disposeAll, outputsCanStay } from '../device-outputs'
import { openGraph, Tensor, type GraphSession } from '../runtime'
import type { Activation, NetworkSource } from './activations'
import { Buffers } from './buffers'

/** What is known of some images. */
export interface Frontier {
  /** Of a batch, images that only fill it among them. */
  readonly rows: number
  /** By the names of the graph's values. */
  readonly values: Map<string, Tensor>
}

interface Step {
  /** Values that the unit takes from upstream. */
  readonly boundary: readonly string[]
  /** Nodes that make those of them that are not there yet. */
  readonly nodes: readonly number[]
  readonly takes: readonly string[]
  readonly makes: readonly string[]
  /** Values that only make others, and are not needed any more. */
  readonly spent: readonly string[]
  /** Values that the unit is the last to take. */
  readonly drops: readonly string[]
}

/** How values from upstream cross into a part of the graph. */
export function crossings(
  activations: ReadonlyMap<string, Activation>,
  names: readonly string[]
): Crossing[] {
  return names.map((name) => {
    const { dataType = 1, dims = [] } = activations.get(name) ?? {}
    // A size that changes otherwise than the number of images has a name of its own.
    return { name, dataType, dims: dims.map((size, axis) => size ?? `${name}_${String(axis)}`) }
  })
}

export class Upstream {
  private readonly source: NetworkSource
  private readonly activations: ReadonlyMap<string, Activation>
  private readonly steps: readonly Step[]
  private readonly sessions = new Map<Step, GraphSession>()
  private readonly buffers = new Buffers()
  /** Tensors in memory that can be used again. */
  private readonly own = new WeakMap<Tensor, Float32Array<ArrayBuffer>>()

  /** @param boundaries what each unit takes from upstream, units in network order. */
  constructor(
    source: NetworkSource,
    activations: ReadonlyMap<string, Activation>,
    boundaries: readonly (readonly string[])[]
  ) {
    this.source = source
    this.activations = activations
    this.steps = stepsOf(source, boundaries)
  }

  /** The most that one image's values take at any unit, in bytes. */
  get bytesPerImage(): number {
    const known = new Set(this.source.flow.inputs)
    let most = 0
    for (const { makes, spent, drops } of this.steps) {
      for (const name of makes) known.add(name)
      for (const name of spent) known.delete(name)
      const bytes = [...known].reduce((sum, name) => sum + (this.activations.get(name)?.bytes ?? 0), 0)
      most = Math.max(most, bytes)
      for (const name of drops) known.delete(name)
    }
    return most
  }

  /** Computes what unit `index` needs; the frontier must have been at the unit before. */
  async advance(frontier: Frontier, index: number): Promise<void> {
    const step = this.steps[index]
    if (step === undefined || step.makes.length === 0) return
    const session = await this.sessionOf(step)
    const made = crossings(this.activations, step.makes)
    const rooms = made.map((value) => this.roomFor(value, frontier.rows))
    const outputs = await session.run(
      feedsOf(frontier, crossings(this.activations, step.takes)),
      Object.fromEntries(made.map((value, i) => [crossingName(value), rooms[i] ?? null]))
    )
    made.forEach((value, i) => {
      // A room that was given has been filled; the runtime returns another tensor over the same memory.
      const tensor = rooms[i] ?? outputs[crossingName(value)]
      if (tensor !== undefined) frontier.values.set(value.name, tensor)
    })
    this.forget(frontier, step.spent)
  }

  /** Forgets what units after `index` do not need. */
  leave(frontier: Frontier, index: number): void {
    this.forget(frontier, this.steps[index]?.drops ?? [])
  }

  /** Forgets everything: an interruption may have left it on its way. */
  release(frontier: Frontier): void {
    this.forget(frontier, [...frontier.values.keys()])
  }

  private forget({ values }: Frontier, names: readonly string[]): void {
    for (const name of names) {
      const tensor = values.get(name)
      values.delete(name)
      if (tensor === undefined) continue
      const data = this.own.get(tensor)
      if (data !== undefined) this.buffers.give(data)
      disposeAll([tensor])
    }
  }

  /** A tensor to be filled; null where the runtime makes it: its size is not known before, or it stays on a device. */
  private roomFor({ dataType, dims }: Crossing, rows: number): Tensor | null {
    const sizes = dims.map((size) => (size === 'N' ? rows : size))
    if (outputsCanStay(this.source.runtime.provider ?? 'cpu')) return null
    if (!crossesAsFloat32(dataType) || !sizes.every((size) => typeof size === 'number')) return null
    const data = this.buffers.take(sizeOf(sizes))
    const tensor = new Tensor('float32', data, sizes)
    this.own.set(tensor, data)
    return tensor
  }

  private async sessionOf(step: Step): Promise<GraphSession> {
    const known = this.sessions.get(step)
    if (known !== undefined) return known
    const { flow, files, runtime } = this.source
    const made = crossings(this.activations, step.makes)
    const part = flow.part({
      nodes: step.nodes,
      inputs: crossings(this.activations, step.takes),
      outputs: made
    })
    const session = await openGraph(part, {
      ...runtime,
      files: filesOf(part, files),
      // Many of these live at once and each runs seldom: they hold no memory between runs.
      keepsMemory: false,
      staying: made.filter(({ dataType }) => crossesAsFloat32(dataType)).map(crossingName)
    })
    this.sessions.set(step, session)
    return session
  }

  async close(): Promise<void> {
    for (const session of this.sessions.values()) await session.close()
    this.sessions.clear()
  }
}

/** Of a frontier, what crosses into a part. */
export function feedsOf({ values: known }: Frontier, values: readonly Crossing[]): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {}
  for (const value of values) {
    const tensor = known.get(value.name)
    if (tensor !== undefined) feeds[crossingName(value)] = tensor
  }
  return feeds
}

function stepsOf({ flow }: NetworkSource, boundaries: readonly (readonly string[])[]): Step[] {
  const known = new Set(flow.inputs)
  const open = boundaries.map((boundary) => {
    const makes = boundary.filter((name) => !known.has(name))
    const nodes = flow.between(known, makes)
    const takes = flow.boundary(nodes)
    for (const name of makes) known.add(name)
    return { boundary, nodes, takes, makes }
  })
  // From behind: who needs a value last.
  const needed = new Set<string>()
  return open
    .toReversed()
    .map(({ boundary, takes, ...step }) => {
      const drops = boundary.filter((name) => !needed.has(name))
      for (const name of boundary) needed.add(name)
      const spent = takes.filter((name) => !needed.has(name))
      for (const name of takes) needed.add(name)
      return { ...step, boundary, takes, spent, drops }
    })
    .toReversed()
}
