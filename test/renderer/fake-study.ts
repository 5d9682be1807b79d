import type { Evaluation } from '@shared/contract/evaluation'
import {
  measurementSpecSchema,
  type Cell,
  type ModelCells,
  type Run,
  type Series
} from '@shared/contract/measurement'
import type { LayerInfo, Model } from '@shared/contract/model'
import type { StudySnapshot } from '@shared/contract/study'

/** A made-up study for tests of the interface. No value in it was ever measured. */
export const SERIES: Series = {
  id: 'series-1',
  perturbation: 'randomize',
  scheme: 'timm-resnet',
  unit: 'layer',
  sampling: 'same',
  seed: 0,
  images: 256,
  evaluationHash: 'fa4e'.repeat(16),
  precision: 'float32',
  provider: 'cpu',
  measurements: 1
}

/** Layers as a ResNet with these blocks per stage has them. */
export function fakeLayers(blocks: readonly number[], convolutions: number): LayerInfo[] {
  const layer = (
    name: string,
    kind: LayerInfo['kind'],
    stage: string | null,
    block: string | null
  ): LayerInfo => ({
    name,
    kind,
    stage,
    block,
    shape: kind === 'linear' ? [10, 64] : kind === 'norm' ? [64] : [64, 64, 3, 3],
    parameters: kind === 'linear' ? 650 : kind === 'norm' ? 256 : 36864,
    macs: kind === 'norm' ? 65536 : 9437184,
    downstream: 0.5
  })
  const layers = [layer('conv1', 'conv', null, null), layer('bn1', 'norm', null, null)]
  blocks.forEach((count, stageIndex) => {
    const stage = `layer${stageIndex + 1}`
    for (let block = 0; block < count; block++) {
      const prefix = `${stage}.${block}`
      for (let number = 1; number <= convolutions; number++) {
        layers.push(layer(`${prefix}.conv${number}`, 'conv', stage, prefix))
        layers.push(layer(`${prefix}.bn${number}`, 'norm', stage, prefix))
      }
      if (block === 0 && (stageIndex > 0 || convolutions === 3)) {
        layers.push(layer(`${prefix}.downsample.0`, 'conv', stage, prefix))
        layers.push(layer(`${prefix}.downsample.1`, 'norm', stage, prefix))
      }
    }
  })
  return [...layers, layer('fc', 'linear', null, null)]
}

export function fakeModel(id: string, category: string, layers: LayerInfo[], accuracy: number | null): Model {
  return {
    id,
    name: id,
    category,
    attributes: accuracy === null ? {} : { accuracy, epochs: 90 },
    path: `/made-up/checkpoints/${id}.safetensors`,
    hash: `${id.length}`.padStart(64, '0'),
    size: 1234567,
    addedAt: '2026-01-02T03:04:05.000Z',
    options: {},
    format: 'safetensors',
    architecture: 'ResNet Basic [2, 2, 2, 2]',
    family: 'resnet',
    unwrapped: ['state_dict'],
    prefixes: ['module.'],
    ignored: ['layer1.0.bn1.num_batches_tracked'],
    steps: [],
    preprocessing: null,
    heads: null,
    parameters: 11_173_962,
    normalization: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], source: 'default' },
    classes: 10,
    layers,
    warnings:
      category === 'improved'
        ? [{ code: 'NORMALIZATION_ASSUMED', message: 'ImageNet’s mean and standard deviation are assumed.' }]
        : []
  }
}

/** Any number in [0, 1] that follows from the position alone. */
export function fakeValue(model: number, layer: number): number {
  const wave = Math.sin(model * 12.9898 + layer * 78.233) * 43758.5453
  const noise = wave - Math.floor(wave)
  const depth = Math.exp(-layer / 14)
  return layer === 0 ? 0.97 : Math.min(1, Math.max(0, depth * 0.8 + noise * 0.35 - model * 0.01))
}

export function fakeCell(layer: string, mean: number, trials = 3, part: Partial<Cell> = {}): Cell {
  const std = mean * 0.1
  const standardError = trials > 1 ? std / Math.sqrt(trials) : null
  return {
    layer,
    mean,
    std: trials > 1 ? std : null,
    standardError,
    degreesOfFreedom: trials > 1 ? trials - 1 : null,
    interval:
      standardError === null
        ? null
        : [Math.max(0, mean - 4.3 * standardError), Math.min(1, mean + 4.3 * standardError)],
    components:
      trials > 1
        ? {
            trial: (0.09 * mean) ** 2,
            image: (0.2 * mean) ** 2,
            rest: (0.1 * mean) ** 2,
            within: 0.05 * mean ** 2
          }
        : { trial: null, image: null, rest: null, within: 0.05 * mean ** 2 },
    trials,
    images: 256,
    observations: 256 * trials,
    complete: true,
    targetSe: null,
    outcome: null,
    ...part
  }
}

/** @param part of the cells that are measured, in order. */
export function fakeCells(models: readonly Model[], part = 1): ModelCells[] {
  const rows = models.map((model, row) => ({
    series: SERIES.id,
    model: model.id,
    cells: model.layers
      .filter((layer) => layer.kind !== 'norm')
      .map((layer, column) => fakeCell(layer.name, fakeValue(row, column)))
  }))
  let left = Math.floor(rows.reduce((count, row) => count + row.cells.length, 0) * part)
  return rows.map((row) => {
    const cells = row.cells.slice(0, Math.max(0, left))
    left -= row.cells.length
    return { ...row, cells }
  })
}

export const EVALUATION: Evaluation = {
  request: {
    path: '/made-up/images/val',
    resize: 32,
    crop: 32,
    count: 256,
    seed: 0,
    stratified: false,
    all: false
  },
  kind: 'class-folders',
  hash: SERIES.evaluationHash,
  count: 256,
  available: 1003,
  height: 32,
  width: 32,
  dtype: 'uint8',
  preparation: { resize: 32, crop: 32 },
  labelled: true,
  classes: ['made-up a', 'made-up b'],
  classCounts: [128, 128],
  skipped: [
    { file: 'made-up a/broken.jpg', reason: 'the file ends too early' },
    { file: 'made-up b/readme.txt', reason: 'it is no image' }
  ]
}

export function fakeRun(id: number, state: Run['state'], done: number): Run {
  return {
    id,
    state,
    spec: measurementSpecSchema.parse({}),
    place: state === 'queued' ? id - 2 : null,
    execution:
      state === 'queued'
        ? null
        : {
            provider: 'cpu',
            precision: 'float32',
            threads: 4,
            batch: 16,
            path: 'downstream',
            versions: { linchpin: '0.1.0', node: '24.21.0', 'onnxruntime-node': '1.30.0' }
          },
    createdAt: '2026-01-02T03:04:05.000Z',
    finishedAt: state === 'done' ? '2026-01-02T04:04:05.000Z' : null,
    progress: {
      units: Math.floor(378 * done),
      totalUnits: 378,
      cells: Math.floor(126 * done),
      totalCells: 126,
      open: false,
      passes: Math.floor(96768 * done),
      totalPasses: 96768,
      rate: state === 'running' ? 312.4 : null,
      secondsLeft: state === 'running' ? (96768 * (1 - done)) / 312.4 : null,
      model: state === 'running' ? 'augmix' : null,
      layer: state === 'running' ? 'layer3.1.conv2' : null,
      trial: state === 'running' ? 1 : null
    },
    failures: [],
    notes: state === 'done' ? ['Made-up note: 2 of 6 models were measured on fewer threads.'] : []
  }
}

const SAMPLE = [
  ['original', 'baseline', 0.7613],
  ['adversarial-l2-1', 'adversarial', 0.6921],
  ['adversarial-linf-4', 'adversarial', 0.6404],
  ['augmix', 'augmentation', 0.7754],
  ['simclr-linear', 'self-supervised', 0.6858],
  ['recipe-a1', 'improved', 0.7987]
] as const

export function emptyStudy(): StudySnapshot {
  const info = { id: 'study-1', name: 'Made-up study', path: '/made-up/study.linchpin', sample: false }
  return { info, models: [], evaluation: null, runs: [], series: [], cells: [] }
}

/** Six models of 21 layers. @param part measured. */
export function sampleStudy(part = 1): StudySnapshot {
  const layers = fakeLayers([2, 2, 2, 2], 2)
  const models = SAMPLE.map(([id, category, accuracy]) => fakeModel(id, category, layers, accuracy))
  return {
    ...emptyStudy(),
    models,
    evaluation: EVALUATION,
    runs: part === 0 ? [] : [part === 1 ? fakeRun(1, 'done', 1) : fakeRun(1, 'running', part)],
    series: part === 0 ? [] : [SERIES],
    cells: fakeCells(models, part)
  }
}

/** The same by the adaptive protocol, under way, with a series of blocks, others waiting and one that failed. */
export function adaptiveStudy(): StudySnapshot {
  const study = sampleStudy(0.8)
  const series: Series = { ...SERIES, sampling: 'fresh', images: 10_000 }
  const blocks: Series = { ...SERIES, id: 'series-2', unit: 'block', perturbation: 'noise:0.1', scheme: '' }
  const cells = study.cells.map((row, index) => ({
    ...row,
    cells: row.cells.map((cell, column): Cell => {
      const trials = 2 + ((index * 7 + column * 3) % 90)
      const outcome = column % 6 === 4 ? 'budget' : 'reached'
      return fakeCell(cell.layer, cell.mean, trials, {
        images: trials * 16,
        observations: trials * 16,
        targetSe: 0.01,
        ...(index === 4 ? { complete: column < 8, outcome: null } : { outcome })
      })
    })
  }))
  const blockCells = study.models.map((model, index): ModelCells => {
    const names = [...new Set(model.layers.map(({ block, name }) => block ?? name))]
    return {
      series: blocks.id,
      model: model.id,
      cells: names.map((name, column) => fakeCell(name, fakeValue(index, column)))
    }
  })
  const spec = measurementSpecSchema.parse({ targetSe: 0.01 })
  const running = fakeRun(2, 'running', 0.55)
  const queued = (id: number, place: number, perturbation: string): Run => ({
    ...fakeRun(id, 'queued', 0),
    place,
    spec: measurementSpecSchema.parse({ perturbation, unit: 'block' })
  })
  return {
    ...study,
    series: [series, blocks],
    cells: [...cells, ...blockCells],
    runs: [
      {
        ...fakeRun(1, 'failed', 0.2),
        notes: [],
        failures: [
          {
            model: 'augmix',
            layer: 'layer3.1.conv2',
            trial: 1,
            problem: {
              code: 'ENGINE_DIED',
              message: 'The engine process ended before its work was done. It ended with exit code 137.',
              fix: 'Start again: the batch is smaller then.'
            }
          }
        ]
      },
      { ...running, spec, progress: { ...running.progress, open: true } },
      queued(3, 1, 'noise:0.1'),
      queued(4, 0, 'interpolate:/models/base.pth:0.5')
    ]
  }
}

/** Fifty models of 54 layers, as published. */
export function largeStudy(rows = 50): StudySnapshot {
  const layers = fakeLayers([3, 4, 6, 3], 3)
  const categories = ['baseline', 'adversarial', 'augmentation', 'self-supervised', 'improved']
  const models = Array.from({ length: rows }, (_, index) => {
    const category = index === 0 ? 'baseline' : (categories[1 + (index % 4)] ?? 'improved')
    return fakeModel(`${category} recipe ${index}`, category, layers, 0.6 + (index % 20) / 100)
  })
  return { ...sampleStudy(), models, cells: fakeCells(models) }
}
