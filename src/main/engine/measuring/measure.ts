/**
 * Measures units of a network. A shard of images at a time: the unperturbed network is run, then the images are led
 * through it unit by unit, and at each unit its trials run what is downstream of it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { EngineEvent, MeasureRequest } from '@shared/contract/engine'
import { LinchpinError, toProblem } from '@shared/errors'
import { PredictionComparison } from '@shared/statistics'
import { perturb, type LayerPerturbation } from '../../perturbations'
import { loadClassifier } from '../../architectures'
import { precisionError } from '../precision'
import { openImages, type ImageBatches } from '../images'
import { shardsOf, type Block, type Shard, type ShardTask } from './blocks'
import { Network, networkKey, resolvePerturbation, type GraphUnit } from './network'
import { DownstreamPath, FullPath, type Path, type PerturbedNetwork } from './paths'
import { ProgressReporter } from './reporter'
import { checkFinite, checkLabels, ImageOrder, prepareBlock, type PreparedBlock } from './shard'

/** What the values that are led through the network may take, in bytes. */
const MEMORY = 704 * 2 ** 20
/** Images of a shard, at most: results of small networks come in often, too. */
const LARGEST_SHARD = 2048

/** A network that is ready, and how it is run for some units. */
interface Prepared {
  readonly network: Network
  readonly units: readonly GraphUnit[]
  readonly path: Path
  /** Images of a shard. */
  readonly capacity: number
}

/** Keeps the network of its last call: rounds and runs often go on with the same. One call at a time. */
export class Measurer {
  private network: { readonly key: string; readonly network: Network } | null = null
  private path: { readonly key: string; readonly path: Path } | null = null
  private readonly memory: number

  /** @param memory that values led through the network may take, in bytes. */
  constructor(memory = MEMORY) {
    this.memory = memory
  }

  /** @throws what is wrong with model, images or labels; a trial that fails alone is an event. */
  async *measure(request: MeasureRequest, signal?: AbortSignal): AsyncGenerator<EngineEvent, void, void> {
    const prepared = await this.prepare(request)
    const { normalization, options } = request.model
    const pixels = await openImages(request.images, normalization, options.channels)
    try {
      yield* precisionEvent(request, pixels, signal)
      const perturbation = await resolvePerturbation(request)
      yield* new Measurement(request, prepared, { pixels, perturbation, signal }).run()
    } finally {
      await pixels.close()
    }
  }

  /** Of the tasks, only their units matter. */
  async prepare(
    request: Omit<MeasureRequest, 'tasks'> & { readonly tasks: readonly { unit: string }[] }
  ): Promise<Prepared> {
    const key = networkKey(request)
    if (this.network?.key !== key) {
      await this.close()
      this.network = { key, network: await Network.load(request) }
    }
    const { network } = this.network
    const units = network.units(request, new Set(request.tasks.map(({ unit }) => unit)))
    const full = request.path === 'full'
    const pathKey = JSON.stringify([full, units.map(({ name }) => name), request.unit, request.kinds])
    if (this.path?.key !== pathKey) {
      await this.path?.path.close()
      this.path = null
      const path = full ? new FullPath(network) : await DownstreamPath.create(network, units)
      this.path = { key: pathKey, path }
    }
    const { path } = this.path
    return { network, units, path, capacity: capacityOf(path, this.memory) }
  }

  async close(): Promise<void> {
    await this.path?.path.close()
    await this.network?.network.close()
    this.path = null
    this.network = null
  }
}

interface Inputs {
  readonly pixels: ImageBatches
  readonly perturbation: LayerPerturbation
  readonly signal: AbortSignal | undefined
}

class Measurement {
  private readonly request: MeasureRequest
  private readonly prepared: Prepared
  private readonly inputs: Inputs
  private readonly order: ImageOrder
  private readonly progress = new ProgressReporter()
  /** Trials that have no result. */
  private readonly failed = new Set<string>()

  constructor(request: MeasureRequest, prepared: Prepared, inputs: Inputs) {
    this.request = request
    this.prepared = prepared
    this.inputs = inputs
    this.order = new ImageOrder(request)
  }

  async *run(): AsyncGenerator<EngineEvent, void, void> {
    const { network, capacity } = this.prepared
    const { tasks, sampling, execution } = this.request
    const batch = network.batch(execution.batch)
    const shards = shardsOf(tasks, { sampling, batch, capacity })
    for (const shard of shards) yield* this.shard(shard)
  }

  private async *shard(shard: Shard): AsyncGenerator<EngineEvent, void, void> {
    const { path } = this.prepared
    const blocks: PreparedBlock[] = []
    try {
      yield* this.original(shard, blocks)
      yield* this.units(shard, blocks)
    } finally {
      for (const { frontier } of blocks) path.release(frontier)
    }
    yield* this.progress.events(true)
  }

  /** Runs the unperturbed network. @param blocks are filled. */
  private async *original(shard: Shard, blocks: PreparedBlock[]): AsyncGenerator<EngineEvent, void, void> {
    const { labels, images: file } = this.request
    this.progress.at(null, null)
    for (const block of shard.blocks) {
      const images = this.order.of(block)
      const { network } = this.prepared
      const prepared = await prepareBlock(network, this.inputs.pixels, block, { images, labels })
      if (blocks.length === 0) checkLabels(labels, file.count, prepared.reference.classes)
      blocks.push(prepared)
      this.progress.done(images.length, images.length)
      yield* this.breathe()
    }
    yield originalEvent(blocks)
  }

  /** Leads the images from unit to unit, each as far as it is wanted. */
  private async *units(
    shard: Shard,
    blocks: readonly PreparedBlock[]
  ): AsyncGenerator<EngineEvent, void, void> {
    const { units, path } = this.prepared
    const tasks = Map.groupBy(shard.tasks, ({ unit }) => unit)
    const last = new Map<Block, number>()
    for (const [index, { name }] of units.entries()) {
      for (const task of tasks.get(name) ?? []) for (const block of task.blocks) last.set(block, index)
    }
    for (const [index, unit] of units.entries()) {
      const here = blocks.filter(({ block }) => (last.get(block) ?? -1) >= index)
      for (const { frontier, images } of here) {
        await path.advance(frontier, index)
        // Upstream of the units, the network is run once more, piece by piece.
        if (!(path instanceof FullPath)) this.progress.done(0, images.length / units.length)
        yield* this.breathe()
      }
      yield* this.unit(index, unit, tasks.get(unit.name) ?? [], here)
      for (const { block, frontier } of here) {
        if (last.get(block) === index) path.release(frontier)
        else path.leave(frontier, index)
      }
    }
  }

  private async *unit(
    index: number,
    unit: GraphUnit,
    tasks: readonly ShardTask[],
    blocks: readonly PreparedBlock[]
  ): AsyncGenerator<EngineEvent, void, void> {
    let opened: PerturbedNetwork | null = null
    try {
      for (const task of tasks) {
        const { trial } = task
        const name = `${unit.name} ${String(trial)}`
        if (this.failed.has(name)) continue
        this.progress.at(unit.name, trial)
        try {
          const started = performance.now()
          const { layers } = this.prepared.network.classifier
          const { seed } = this.request
          const replacements = perturb(this.inputs.perturbation, { unit, layers, seed, trial })
          opened ??= await this.prepared.path.open(
            index,
            replacements.map(({ parameter }) => parameter)
          )
          await opened.replace(replacements)
          yield* this.trial(opened, { task, unit, blocks, started })
        } catch (error) {
          if (!isOfTrialAlone(error)) throw error
          this.failed.add(name)
          yield { type: 'failed', unit: unit.name, trial, problem: toProblem(error) }
        }
      }
    } finally {
      await opened?.close()
    }
  }

  private async *trial(
    network: PerturbedNetwork,
    {
      task,
      unit,
      blocks,
      started
    }: {
      readonly task: ShardTask
      readonly unit: GraphUnit
      readonly blocks: readonly PreparedBlock[]
      readonly started: number
    }
  ): AsyncGenerator<EngineEvent, void, void> {
    const comparison = new PredictionComparison()
    const share = this.prepared.path instanceof FullPath ? 1 : shareOf(unit)
    const own = new Set(task.blocks)
    for (const { block, frontier, images, reference } of blocks) {
      if (!own.has(block)) continue
      const logits = await network.run(frontier)
      checkFinite(logits, reference.classes, images)
      comparison.add(reference, logits)
      this.progress.done(images.length, images.length * share)
      yield* this.breathe()
    }
    const { metrics, distances } = comparison.finish()
    yield {
      type: 'piece',
      unit: task.unit,
      trial: task.trial,
      from: task.blocks[0]?.from ?? 0,
      to: task.blocks.at(-1)?.to ?? 0,
      metrics,
      distances: encoded(distances),
      seconds: (performance.now() - started) / 1000
    }
  }

  /** The runtime blocks this thread: lets messages, a cancel among them, come in. @throws CANCELLED. */
  private async *breathe(): AsyncGenerator<EngineEvent, void, void> {
    yield* this.progress.events()
    await nextTurn()
    if (this.inputs.signal?.aborted === true)
      throw new LinchpinError('CANCELLED', 'Measured results are kept.')
  }
}

function capacityOf({ bytesPerImage }: Path, memory: number): number {
  return Math.max(1, Math.min(LARGEST_SHARD, Math.floor(memory / bytesPerImage)))
}

/** Of the network's work, what a trial of the unit is. */
export function shareOf({ members }: GraphUnit): number {
  return members.reduce((most, { layer }) => Math.max(most, layer.downstream ?? 1), 0)
}

/** How far a lower precision is from float32 on these images. */
async function* precisionEvent(
  { model, images, execution }: MeasureRequest,
  pixels: ImageBatches,
  signal: AbortSignal | undefined
): AsyncGenerator<EngineEvent, void, void> {
  const { precision = 'float32' } = execution
  if (precision === 'float32') return
  const classifier = await loadClassifier(model.path, model.options)
  const { height, width } = images
  const error = await precisionError(
    { ...classifier, images: pixels, height, width, execution, signal },
    precision
  )
  yield { type: 'precision', error }
}

function isOfTrialAlone(error: unknown): boolean {
  return (
    error instanceof LinchpinError &&
    (error.code === 'OUTPUT_NOT_FINITE' || error.code === 'LAYER_UNKNOWN' || error.code === 'TENSOR_SHAPE')
  )
}

function originalEvent(blocks: readonly PreparedBlock[]): EngineEvent {
  const images = Uint32Array.from(blocks.flatMap((block) => [...block.images]))
  const ranks = blocks.flatMap(({ reference }) => [...(reference.ranks ?? [])])
  const losses = blocks.flatMap(({ reference }) => [...(reference.losses ?? [])])
  const labelled = ranks.length > 0
  return {
    type: 'original',
    images: encoded(images),
    ranks: labelled ? encoded(Uint8Array.from(ranks)) : null,
    losses: labelled ? encoded(Float32Array.from(losses)) : null
  }
}

/** Little endian, in base64. */
function encoded({ buffer, byteOffset, byteLength }: Float32Array | Uint32Array | Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}
