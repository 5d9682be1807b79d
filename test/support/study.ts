/** Made-up contents of a study, to be put into a store directly. */
import type { Evaluation } from '@shared/contract/evaluation'
import type { Metrics } from '@shared/contract/measurement'
import type { LayerInfo, Model } from '@shared/contract/model'
import { CellRecord } from '../../src/main/application/measuring/cells'
import type { Configuration, Piece, StoredModel, StudyStore } from '../../src/main/store'

export function configuration(part: Partial<Configuration> = {}): Configuration {
  return {
    modelHash: 'hash',
    treatment: 'plain',
    evaluation: 'images',
    preparation: 'null',
    images: 2,
    sampling: 'same',
    unit: 'layer',
    kinds: '',
    perturbation: 'randomize',
    perturbationHash: '',
    scheme: 'torch',
    requestedScheme: 'auto',
    seed: 0,
    precision: 'float32',
    provider: 'cpu',
    versions: '{}',
    ...part
  }
}

export function metrics(criticality: number, part: Partial<Metrics> = {}): Metrics {
  return {
    cosineSimilarity: 1 - criticality,
    criticality,
    l1: 0.5,
    l2: 0.25,
    agreement: 0.75,
    kl: 0.125,
    js: 0.0625,
    crossEntropyOfLogits: -3,
    top1: 0.5,
    top5: 1,
    loss: 2,
    recoveredAccuracy: 0.625,
    originalTop1: 0.8,
    ...part
  }
}

export const layer = (name: string, kind: LayerInfo['kind'] = 'conv'): LayerInfo => ({
  name,
  kind,
  shape: [1],
  parameters: 1,
  macs: null,
  downstream: null,
  stage: null,
  block: null
})

export function storedModel(
  id: string,
  part: Partial<Model> = {},
  layers: readonly string[] = ['a', 'b']
): StoredModel {
  return {
    model: {
      id,
      name: id,
      category: 'uncategorised',
      attributes: {},
      path: `/nowhere/${id}.safetensors`,
      hash: `hash of ${id}`,
      size: 1,
      addedAt: '2026-01-01T00:00:00.000Z',
      options: {},
      format: 'safetensors',
      architecture: 'none',
      family: null,
      unwrapped: [],
      prefixes: [],
      ignored: [],
      steps: [],
      preprocessing: null,
      heads: null,
      parameters: 2,
      normalization: { mean: [0, 0, 0], std: [1, 1, 1], source: 'user' },
      classes: 10,
      layers: layers.map((name) => layer(name, name.startsWith('bn') ? 'norm' : 'conv')),
      warnings: [],
      ...part
    },
    relativePath: null,
    treatment: 'plain'
  }
}

/** A piece with the given distances; its criticality is their mean. */
export function piece(
  unit: string,
  trial: number,
  distances: readonly number[],
  { from = 0, ...part }: Partial<Metrics> & { readonly from?: number } = {}
): Piece {
  const criticality = distances.reduce((sum, distance) => sum + distance, 0) / distances.length
  return {
    unit,
    trial,
    from,
    to: from + distances.length,
    metrics: metrics(criticality, part),
    distances: Float32Array.from(distances),
    seconds: 1
  }
}

/** A trial of two images whose distances are the given ones, and its cell. */
export function addTrial(
  store: StudyStore,
  id: number,
  name: string,
  trial: number,
  distances: [number, number]
): void {
  const configuration = store.configurations.get(id)
  if (configuration === null) throw new Error(`no configuration ${String(id)}`)
  const record = new CellRecord(store, configuration)
  record.add(piece(name, trial, distances))
  record.flush()
}

export const evaluation = (part: Partial<Evaluation> = {}): Evaluation => ({
  request: { path: '/images', resize: 256, crop: 224, count: 10, seed: 0, stratified: false, all: false },
  kind: 'array',
  hash: 'pixels',
  count: 3,
  available: 5,
  height: 4,
  width: 4,
  dtype: 'uint8',
  preparation: null,
  labelled: true,
  classes: [],
  classCounts: [2, 1],
  skipped: [],
  ...part
})
