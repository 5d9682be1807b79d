/** The two ways to run a perturbed network: what depends on a unit alone, or all of it, which is the reference. */
import { filesOf, replaceParameters, type LayerParameter, type Replacement } from '../../graph'
import { learnActivations, type Activation } from '../downstream/activations'
import { Suffix } from '../downstream/suffix'
import { Upstream, type Frontier } from '../downstream/upstream'
import { createSession, type ModelSession } from '../session'
import type { GraphUnit, Network } from './network'

/** A network with one unit perturbed. */
export interface PerturbedNetwork {
  /** Takes the parameters of a trial; they hold until the next. */
  replace(replacements: readonly Replacement[]): Promise<void>
  /** @returns logits, float32 [rows, classes]. */
  run(frontier: Frontier): Promise<Float32Array>
  close(): Promise<void>
}

export interface Path {
  /** What an image takes at most while it is led through the network, in bytes. */
  readonly bytesPerImage: number
  /** Leads images to a unit; units come in the order in which the path was made for them. */
  advance(frontier: Frontier, unit: number): Promise<void>
  /** Forgets what later units do not need. */
  leave(frontier: Frontier, unit: number): void
  /** Forgets everything, wherever the images are. */
  release(frontier: Frontier): void
  /** @param parameters that will be replaced. */
  open(unit: number, parameters: readonly LayerParameter[]): Promise<PerturbedNetwork>
  close(): Promise<void>
}

/** The whole network with its parameters replaced, a session a trial. */
class FullNetwork implements PerturbedNetwork {
  private readonly network: Network
  private session: ModelSession | null = null

  constructor(network: Network) {
    this.network = network
  }

  async replace(replacements: readonly Replacement[]): Promise<void> {
    await this.close()
    const { model, files, signature, height, width, runtime } = this.network.source
    const perturbed = replaceParameters(model, replacements)
    const options = { ...runtime, signature, height, width, files: filesOf(perturbed, files) }
    this.session = await createSession(perturbed, options)
  }

  async run({ rows, values }: Frontier): Promise<Float32Array> {
    const images = values.get(this.network.source.signature.input)
    if (this.session === null || !(images?.data instanceof Float32Array)) throw new Error('nothing to run')
    return await this.session.run(images.data, rows)
  }

  async close(): Promise<void> {
    await this.session?.close()
    this.session = null
  }
}

export class FullPath implements Path {
  readonly bytesPerImage: number
  private readonly network: Network

  constructor(network: Network) {
    const { signature, height, width } = network.source
    this.bytesPerImage = 4 * signature.channels * height * width
    this.network = network
  }

  advance(): Promise<void> {
    return Promise.resolve()
  }

  leave(): void {
    // The images are needed for every unit.
  }

  release({ values }: Frontier): void {
    values.clear()
  }

  open(): Promise<PerturbedNetwork> {
    return Promise.resolve(new FullNetwork(this.network))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

interface Cut {
  /** Nodes downstream of a unit. */
  readonly nodes: readonly number[]
  readonly boundary: readonly string[]
}

export class DownstreamPath implements Path {
  private readonly network: Network
  private readonly cuts: readonly Cut[]
  private readonly activations: ReadonlyMap<string, Activation>
  private readonly upstream: Upstream

  private constructor(network: Network, cuts: readonly Cut[], activations: ReadonlyMap<string, Activation>) {
    this.network = network
    this.cuts = cuts
    this.activations = activations
    this.upstream = new Upstream(
      network.source,
      activations,
      cuts.map(({ boundary }) => boundary)
    )
  }

  /** @param units in network order. @throws GRAPH_UNSUPPORTED. */
  static async create(network: Network, units: readonly GraphUnit[]): Promise<DownstreamPath> {
    const { flow } = network.source
    const cuts = units.map(({ members }) => {
      const uses = members.flatMap(({ layer }) => layer.tensors.flatMap((tensor) => tensor.uses))
      const nodes = flow.downstream(uses)
      return { nodes, boundary: flow.boundary(nodes) }
    })
    const names = new Set(cuts.flatMap(({ boundary }) => boundary))
    return new DownstreamPath(network, cuts, await learnActivations(network.source, [...names]))
  }

  get bytesPerImage(): number {
    return this.upstream.bytesPerImage
  }

  advance(frontier: Frontier, unit: number): Promise<void> {
    return this.upstream.advance(frontier, unit)
  }

  leave(frontier: Frontier, unit: number): void {
    this.upstream.leave(frontier, unit)
  }

  release(frontier: Frontier): void {
    this.upstream.release(frontier)
  }

  async open(unit: number, parameters: readonly LayerParameter[]): Promise<PerturbedNetwork> {
    const cut = this.cuts[unit]
    if (cut === undefined) throw new Error(`there is no unit ${String(unit)}`)
    return await Suffix.open(this.network.source, this.activations, cut, parameters)
  }

  close(): Promise<void> {
    return this.upstream.close()
  }
}
