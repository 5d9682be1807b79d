/** Leads images through the network unit by unit: each value that a unit needs from upstream is computed once. */
import { crossingName, filesOf, type Crossing } from '../../graph'
import { openGraph, type GraphSession, type Tensor } from '../runtime'
import type { Activation, NetworkSource } from './activations'

/** What is known of some images, by the names of the graph's values. */
export type Frontier = Map<string, Tensor>

interface Step {
  /** Values that the unit takes from upstream. */
  readonly boundary: readonly string[]
  /** Nodes that make those of them that are not there yet. */
  readonly nodes: readonly number[]
  readonly takes: readonly string[]
  readonly makes: readonly string[]
  /** Values that no later step needs. */
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
    for (const { makes, drops } of this.steps) {
      for (const name of makes) known.add(name)
      const bytes = [...known].reduce((sum, name) => sum + (this.activations.get(name)?.bytes ?? 0), 0)
      most = Math.max(most, bytes)
      for (const name of drops) known.delete(name)
    }
    return most
  }

  /** Computes what unit `index` needs; the frontier must have been at the unit before. */
  async advance(frontier: Frontier, index: number): Promise<void> {
    const step = this.steps[index]
    if (step === undefined) return
    if (step.makes.length > 0) {
      const session = await this.sessionOf(step)
      const made = crossings(this.activations, step.makes)
      const outputs = await session.run(
        feedsOf(frontier, crossings(this.activations, step.takes)),
        made.map(crossingName)
      )
      for (const value of made) {
        const tensor = outputs[crossingName(value)]
        if (tensor !== undefined) frontier.set(value.name, tensor)
      }
    }
  }

  /** Forgets what units after `index` do not need. */
  leave(frontier: Frontier, index: number): void {
    for (const name of this.steps[index]?.drops ?? []) frontier.delete(name)
  }

  private async sessionOf(step: Step): Promise<GraphSession> {
    const known = this.sessions.get(step)
    if (known !== undefined) return known
    const { flow, files, runtime } = this.source
    const part = flow.part({
      nodes: step.nodes,
      inputs: crossings(this.activations, step.takes),
      outputs: crossings(this.activations, step.makes)
    })
    // Many of these live at once and each runs seldom: they hold no memory between runs.
    const session = await openGraph(part, { ...runtime, files: filesOf(part, files), keepsMemory: false })
    this.sessions.set(step, session)
    return session
  }

  async close(): Promise<void> {
    for (const session of this.sessions.values()) await session.close()
    this.sessions.clear()
  }
}

/** Of a frontier, what crosses into a part. */
export function feedsOf(
  frontier: ReadonlyMap<string, Tensor>,
  values: readonly Crossing[]
): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {}
  for (const value of values) {
    const tensor = frontier.get(value.name)
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
  const drops = open.toReversed().map(({ boundary, takes }) => {
    const last = [...new Set([...boundary, ...takes])].filter((name) => !needed.has(name))
    for (const name of last) needed.add(name)
    return last
  })
  return open.map((step, index) => ({ ...step, drops: drops[open.length - 1 - index] ?? [] }))
}
