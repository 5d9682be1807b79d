/**
 * The measurement by full forward passes: for each layer and trial the whole network runs again with the layer's
 * parameters replaced. The reference that any faster way is checked against.
 */
import type { EngineEvent, MeasureRequest } from '@shared/contract/engine'
import type { ModelOptions } from '@shared/contract/model'
import { LinchpinError, toProblem } from '@shared/errors'
import { accuracyOf, comparePredictions } from '@shared/statistics'
import { loadClassifier, type Classifier } from '../architectures'
import { replaceParameters, type GraphLayer, type OnnxModel } from '../graph'
import { perturb, type LayerPerturbation } from '../perturbations'
import { forward, LogitsCollector } from './forward'
import { openImages, type ImageBatches } from './images'

/** Progress is reported at most this often, in milliseconds. */
const PROGRESS_INTERVAL = 100

type Unit = MeasureRequest['units'][number]

/** @throws what is wrong with model, images or labels; a unit that fails alone is an event. */
export async function* measure(
  request: MeasureRequest,
  signal?: AbortSignal
): AsyncGenerator<EngineEvent, void, void> {
  const classifier = await loadClassifier(request.model.path, request.model.options)
  const perturbation = await resolvePerturbation(request)
  const { normalization, options } = request.model
  const images = await openImages(request.images, normalization, options.channels)
  try {
    const pass = new Passes(request, classifier, images, signal)
    const original = new LogitsCollector(images.count)
    yield* pass.run(classifier.model, original, null)
    const logits = original.finish()
    const { classes } = original
    checkLabels(request.labels, images.count, classes)
    yield {
      type: 'original',
      ...(request.labels === null
        ? { top1: null, top5: null, loss: null }
        : accuracyOf(logits, classes, request.labels))
    }
    for (const unit of request.units) {
      const started = performance.now()
      const layer = layerNamed(classifier, unit.layer)
      try {
        const replacements = perturb(perturbation, {
          layer,
          layers: classifier.layers,
          seed: request.seed,
          trial: unit.trial
        })
        const perturbed = new LogitsCollector(images.count)
        yield* pass.run(replaceParameters(classifier.model, replacements), perturbed, unit)
        const { metrics, distances } = comparePredictions(logits, perturbed.finish(), classes, request.labels)
        const encoded = Buffer.from(distances.buffer).toString('base64')
        const seconds = (performance.now() - started) / 1000
        yield { type: 'unit', ...unit, metrics, distances: encoded, seconds }
      } catch (error) {
        if (!isOfUnitAlone(error)) throw error
        yield { type: 'failed-unit', ...unit, problem: toProblem(error) }
      }
    }
  } finally {
    await images.close()
  }
}

function isOfUnitAlone(error: unknown): boolean {
  return (
    error instanceof LinchpinError &&
    (error.code === 'OUTPUT_NOT_FINITE' || error.code === 'LAYER_UNKNOWN' || error.code === 'TENSOR_SHAPE')
  )
}

async function resolvePerturbation({ perturbation }: MeasureRequest): Promise<LayerPerturbation> {
  const sourceIn = async ({ path, options }: { readonly path: string; readonly options: ModelOptions }) =>
    (await loadClassifier(path, options)).layers
  switch (perturbation.kind) {
    case 'reinit':
      return { kind: 'reinit', source: await sourceIn(perturbation) }
    case 'interpolate': {
      const { alpha, towards } = perturbation
      if (towards.kind === 'draw') return { kind: 'interpolate', alpha, towards }
      return {
        kind: 'interpolate',
        alpha,
        towards: { kind: 'checkpoint', source: await sourceIn(towards) }
      }
    }
    default:
      return perturbation
  }
}

function layerNamed({ layers }: Classifier, name: string): GraphLayer {
  const layer = layers.find((candidate) => candidate.name === name)
  if (layer === undefined)
    throw new LinchpinError('LAYER_UNKNOWN', `"${name}" is not among its ${String(layers.length)} layers.`)
  return layer
}

function checkLabels(labels: readonly number[] | null, images: number, classes: number): void {
  if (labels === null) return
  const bad = labels.find((label) => label < 0 || label >= classes)
  if (labels.length === images && bad === undefined) return
  throw new LinchpinError(
    'LABELS_INVALID',
    bad === undefined
      ? `There are ${String(labels.length)} labels for ${String(images)} images.`
      : `A label is ${String(bad)}; the model has ${String(classes)} classes.`
  )
}

/** Runs networks over the images and reports how far they are. */
class Passes {
  private readonly request: MeasureRequest
  private readonly classifier: Classifier
  private readonly images: ImageBatches
  private readonly signal: AbortSignal | undefined
  private reported = performance.now()

  constructor(request: MeasureRequest, classifier: Classifier, images: ImageBatches, signal?: AbortSignal) {
    this.request = request
    this.classifier = classifier
    this.images = images
    this.signal = signal
  }

  async *run(
    model: OnnxModel,
    into: LogitsCollector,
    unit: Unit | null
  ): AsyncGenerator<EngineEvent, void, void> {
    const { images, execution } = this.request
    let unreported = 0
    const batches = forward({
      model,
      signature: this.classifier.signature,
      images: this.images,
      height: images.height,
      width: images.width,
      ...execution,
      signal: this.signal
    })
    const place = { layer: unit?.layer ?? null, trial: unit?.trial ?? null }
    for await (const batch of batches) {
      into.add(batch)
      unreported += batch.count
      const now = performance.now()
      if (now - this.reported >= PROGRESS_INTERVAL) {
        this.reported = now
        yield { type: 'progress', images: unreported, ...place }
        unreported = 0
      }
    }
    if (unreported > 0) yield { type: 'progress', images: unreported, ...place }
  }
}
