/** The unperturbed network on a few images, their pixels read in several ways: did it load right? */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CheckRequest, CheckResult, PixelReading } from '@shared/contract/engine'
import { LinchpinError, toProblem } from '@shared/errors'
import { layerAgreement, type LayerAgreement } from '@shared/statistics'
import { loadClassifier, type Classifier } from '../architectures'
import { withBatchNormStatistics, type BatchNormStatistics } from '../graph'
import { openImages } from './images'
import { createSession, type ModelSession } from './session'

interface Loaded {
  /** What the file, its options and the images' size make one. */
  readonly key: string
  readonly classifier: Omit<Classifier, 'model' | 'layers'>
  readonly session: ModelSession
  readonly norms: readonly (BatchNormStatistics & { readonly layer: string })[]
}

/** Keeps the network of its last call: the next one often asks for other pixels alone. One call at a time. */
export class Checker {
  private loaded: Loaded | null = null

  /** @throws what `loadClassifier`, `createSession` and `openImages` throw, and CANCELLED between batches. */
  async check(request: CheckRequest, signal?: AbortSignal): Promise<CheckResult> {
    const loaded = await this.load(request)
    const { inspection } = loaded.classifier
    const readings: CheckResult['readings'] = []
    let classes = 0
    for (const reading of request.readings) {
      const { logits, batchNorms } = await runReading(loaded, request, reading, signal)
      classes = logits.length / request.indices.length
      readings.push({ logits: Buffer.from(logits.buffer).toString('base64'), batchNorms })
    }
    const { normalization, stateDicts, prefixes, prefixChoices, architectureChoices } = inspection
    return {
      classes,
      file: { normalization, stateDicts, prefixes, prefixChoices, architectureChoices },
      readings
    }
  }

  private async load({ path, options, images, execution }: CheckRequest): Promise<Loaded> {
    const { height, width } = images
    const key = JSON.stringify([path, options, height, width, execution.threads])
    if (this.loaded?.key === key) return this.loaded
    // Two networks at once may be more than the memory holds.
    await this.loaded?.session.close()
    this.loaded = null
    const { model, layers, ...classifier } = await loadClassifier(path, options)
    const layerOf = new Map(
      layers.flatMap(({ name, tensors }) =>
        tensors.flatMap(({ role, uses }) =>
          role === 'running_mean' ? uses.map(({ node }) => [node, name] as const) : []
        )
      )
    )
    const extended = withBatchNormStatistics(model)
    const norms = extended.statistics.map((norm) => ({
      ...norm,
      layer: layerOf.get(norm.node) ?? `node ${String(norm.node)}`
    }))
    const common = { signature: classifier.signature, height, width, threads: execution.threads }
    const further = norms.flatMap(({ shift, square }) => [shift, square])
    try {
      const session = await createSession(extended.model, { ...common, further })
      this.loaded = { key, classifier, session, norms }
    } catch (error) {
      // The runtime may refuse the outputs that were added, e.g. of float16 values; the network itself may be good.
      if (norms.length === 0 || toProblem(error).code !== 'GRAPH_UNSUPPORTED') throw error
      this.loaded = { key, classifier, session: await createSession(model, common), norms: [] }
    }
    return this.loaded
  }
}

async function runReading(
  { classifier, session, norms }: Loaded,
  { images: file, indices, execution, options }: CheckRequest,
  { normalization, reversed }: PixelReading,
  signal: AbortSignal | undefined
): Promise<{ logits: Float32Array<ArrayBuffer>; batchNorms: LayerAgreement[] }> {
  const batch = classifier.signature.batch ?? execution.batch
  const bgr = (options.channels === 'bgr') !== reversed
  const images = await openImages(
    file,
    normalization ?? classifier.inspection.normalization,
    bgr ? 'bgr' : 'rgb'
  )
  const sums = norms.map((norm) => new MomentSums(norm))
  let logits = new Float32Array()
  try {
    for (let start = 0; start < indices.length; start += batch) {
      const chosen = indices.slice(start, start + batch)
      const pixels = await images.pick(chosen)
      const result = await session.runAll(pixels, chosen.length)
      // The runtime blocks this thread: let messages, a cancel among them, come in between batches.
      await nextTurn()
      if (signal?.aborted === true) throw new LinchpinError('CANCELLED', 'Nothing was changed.')
      const classes = result.logits.length / chosen.length
      if (logits.length === 0) logits = new Float32Array(indices.length * classes)
      logits.set(result.logits, start * classes)
      for (const sum of sums) sum.add(result.further, chosen.length)
    }
  } finally {
    await images.close()
  }
  const agreements = norms.map(({ layer }, i) => sums[i]?.agreement(layer) ?? null)
  return { logits, batchNorms: agreements.filter((agreement) => agreement !== null) }
}

/** Mean and variance of a batch norm's input over all batches, about its stored mean. */
class MomentSums {
  private readonly norm: BatchNormStatistics
  private readonly shift: Float64Array
  private readonly square: Float64Array
  private images = 0

  constructor(norm: BatchNormStatistics) {
    this.norm = norm
    this.shift = new Float64Array(norm.stored.mean.length)
    this.square = new Float64Array(norm.stored.mean.length)
  }

  /** @param images how many; rows beyond them only fill a fixed batch. */
  add(outputs: ReadonlyMap<string, Float32Array>, images: number): void {
    this.sum(this.shift, outputs.get(this.norm.shift), images)
    this.sum(this.square, outputs.get(this.norm.square), images)
    this.images += images
  }

  private sum(sums: Float64Array, rows: Float32Array | undefined, images: number): void {
    const channels = sums.length
    const used = rows?.subarray(0, images * channels)
    used?.forEach((value, i) => (sums[i % channels] = (sums[i % channels] ?? 0) + value))
  }

  /** Null where a value is not finite. */
  agreement(layer: string): LayerAgreement | null {
    const { stored, epsilon } = this.norm
    const shift = this.shift.map((sum) => sum / this.images)
    const mean = shift.map((value, c) => value + (stored.mean[c] ?? NaN))
    const variance = this.square.map((sum, c) => Math.max(0, sum / this.images - (shift[c] ?? NaN) ** 2))
    return layerAgreement(layer, { mean, variance }, stored, epsilon)
  }
}
