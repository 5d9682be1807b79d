/** A network that is measured: loaded once, with everything that shards, rounds and runs can share. */
import type { MeasureRequest } from '@shared/contract/engine'
import type { ModelOptions } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'
import { unitsIn, type Unit } from '@shared/units'
import { loadClassifier, type Classifier } from '../../architectures'
import { Dataflow, findLayers, toHalf, withExternalWeights, type GraphLayer } from '../../graph'
import type { LayerPerturbation } from '../../perturbations'
import type { NetworkSource } from '../downstream/activations'
import { createSession, type ModelSession } from '../session'

export type GraphUnit = Unit<GraphLayer>

export class Network {
  readonly classifier: Classifier
  readonly source: NetworkSource
  /** The unperturbed network. */
  readonly original: ModelSession

  private constructor(classifier: Classifier, source: NetworkSource, original: ModelSession) {
    this.classifier = classifier
    this.source = source
    this.original = original
  }

  /** @throws what `loadClassifier` and `createSession` throw. */
  static async load({ model, images, execution }: NetworkRequest): Promise<Network> {
    const { height, width } = images
    const { threads, provider, precision } = execution
    const loaded = await loadClassifier(model.path, model.options)
    const classifier = precision === 'float16' ? inHalf(loaded, images) : loaded
    const { signature } = classifier
    const external = withExternalWeights(classifier.model)
    const original = await createSession(external.model, {
      signature,
      height,
      width,
      threads,
      provider,
      files: [...external.files.values()],
      // It runs once a shard, and what it would keep is wanted by the sessions between.
      keepsMemory: false
    })
    const source: NetworkSource = {
      ...external,
      flow: new Dataflow(external.model),
      signature,
      height,
      width,
      runtime: { threads, provider }
    }
    return new Network(classifier, source, original)
  }

  /** Images at a time: a graph may take one number alone. */
  batch(wanted: number): number {
    return this.source.signature.batch ?? wanted
  }

  /** @throws LAYER_UNKNOWN. */
  units({ unit, kinds }: Pick<MeasureRequest, 'unit' | 'kinds'>, names: ReadonlySet<string>): GraphUnit[] {
    const all = unitsIn(this.classifier.layers, unit, kinds)
    const known = new Set(all.map(({ name }) => name))
    const unknown = [...names].find((name) => !known.has(name))
    if (unknown !== undefined) {
      throw new LinchpinError(
        'LAYER_UNKNOWN',
        `"${unknown}" is not among its ${String(all.length)} units (${unit}).`
      )
    }
    return all.filter(({ name }) => names.has(name))
  }

  close(): Promise<void> {
    return this.original.close()
  }
}

/** The same layers of a network that computes in float16. */
function inHalf(classifier: Classifier, { height, width }: MeasureRequest['images']): Classifier {
  const { model } = toHalf(classifier.model)
  const { batch, channels } = classifier.signature
  return { ...classifier, model, layers: findLayers(model, [batch ?? 1, channels, height, width]) }
}

export type NetworkRequest = Pick<MeasureRequest, 'model' | 'images' | 'execution'>

/** Names what `Network.load` depends on. */
export function networkKey({ model, images, execution }: NetworkRequest): string {
  const { provider, precision, threads } = execution
  return JSON.stringify([
    model.path,
    model.options,
    images.height,
    images.width,
    provider,
    precision,
    threads
  ])
}

/** With the layers of a second checkpoint, where it needs them. @throws what `loadClassifier` throws. */
export async function resolvePerturbation({
  perturbation
}: Pick<MeasureRequest, 'perturbation'>): Promise<LayerPerturbation> {
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
