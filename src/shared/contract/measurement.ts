import { z } from 'zod'
import { deviceSchema } from './devices'
import { layerKindSchema, problemSchema } from './model'

export const SCHEMES = ['auto', 'torch', 'timm-resnet', 'timm-vit', 'matched'] as const
export const schemeSchema = z.enum(SCHEMES)
export type Scheme = z.infer<typeof schemeSchema>

/** Precisions of the arithmetic: tf32 rounds factors to 10 bits and exists on NVIDIA GPUs alone. */
export const PRECISIONS = ['float32', 'tf32', 'float16'] as const
export const precisionSchema = z.enum(PRECISIONS)
export type Precision = z.infer<typeof precisionSchema>

/** How far the unperturbed network in a lower precision is from float32. */
export const precisionErrorSchema = z.object({
  images: z.number().int(),
  /** Mean over the images of the cosine distance of the softmax outputs: what a layer of no influence would measure. */
  cosineDistance: z.number(),
  /** Largest difference of a logit. */
  logitDifference: z.number(),
  /** Weights beyond ±65504, which became that, and weights so small that they became 0. */
  saturated: z.number().int(),
  flushed: z.number().int()
})
export type PrecisionError = z.infer<typeof precisionErrorSchema>

/** A run's list of layers and trials is held in memory, and each trial is summarised with all before it. */
export const MOST_TRIALS = 10_000

/** What a run measures. Patterns take `*` and `?`; an empty list means all. */
export const measurementSpecSchema = z.object({
  models: z.array(z.string()).default([]),
  layers: z.array(z.string()).default([]),
  kinds: z.array(layerKindSchema).min(1).default(['conv', 'linear']),
  /** `randomize`, `zero` or `reinit:FILE`. */
  perturbation: z.string().default('randomize'),
  scheme: schemeSchema.default('auto'),
  trials: z.number().int().min(1).max(MOST_TRIALS).default(3),
  /** The first N images of the evaluation set; absent: all. */
  images: z.number().int().positive().optional(),
  seed: z.number().int().min(0).max(0xffffffff).default(0),
  device: deviceSchema.default('auto'),
  precision: precisionSchema.default('float32'),
  batch: z.number().int().min(1).max(4096).optional(),
  threads: z.number().int().min(1).max(256).optional()
})
export type MeasurementSpec = z.infer<typeof measurementSpecSchema>

export const RUN_STATES = ['queued', 'running', 'paused', 'done', 'cancelled', 'failed'] as const
export const runStateSchema = z.enum(RUN_STATES)
export type RunState = z.infer<typeof runStateSchema>

export const progressSchema = z.object({
  /** (layer, trial) pairs measured in this run, and in all that it measures. */
  units: z.number().int(),
  totalUnits: z.number().int(),
  /** Forward passes (image × unit, and the originals' own) done and in all. */
  passes: z.number(),
  totalPasses: z.number(),
  /** Images per second, over the last seconds; null before the first batch. */
  rate: z.number().nullable(),
  /** Seconds left at this rate. */
  secondsLeft: z.number().nullable(),
  /** What is being measured now. */
  model: z.string().nullable(),
  layer: z.string().nullable(),
  trial: z.number().int().nullable()
})
export type Progress = z.infer<typeof progressSchema>

export const runSchema = z.object({
  id: z.number().int(),
  spec: measurementSpecSchema,
  state: runStateSchema,
  createdAt: z.string(),
  finishedAt: z.string().nullable(),
  progress: progressSchema,
  /** Models, or single layers and trials, that could not be measured, and why; the others were. */
  failures: z.array(
    z.object({
      model: z.string(),
      layer: z.string().nullable(),
      trial: z.number().int().nullable(),
      problem: problemSchema
    })
  ),
  /** What the user should know and what stops nothing, e.g. labels that do not fit a model. */
  notes: z.array(z.string())
})
export type Run = z.infer<typeof runSchema>

export const planSchema = z.object({
  models: z.number().int(),
  layers: z.number().int(),
  /** (layer, trial) pairs to measure, and those that the study has already. */
  units: z.number().int(),
  measured: z.number().int(),
  images: z.number().int(),
  passes: z.number(),
  /** Of a short trial on this machine; null when nothing is left to measure or it was not asked for. */
  imagesPerSecond: z.number().nullable(),
  seconds: z.number().nullable()
})
export type Plan = z.infer<typeof planSchema>

/** What a group of comparable results shares: models of one series can stand in one chart. */
export const seriesSchema = z.object({
  id: z.string(),
  perturbation: z.string(),
  scheme: z.string(),
  seed: z.number().int(),
  images: z.number().int(),
  evaluationHash: z.string(),
  precision: z.string(),
  provider: z.string(),
  /** Measured (model, layer, trial) triples in it. */
  measurements: z.number().int()
})
export type Series = z.infer<typeof seriesSchema>

/** Criticality of a layer of a model, over its trials so far, as a fraction in [0, 1]. */
export const cellSchema = z.object({
  layer: z.string(),
  mean: z.number(),
  /** Standard deviation over trials (ddof 1); null with one trial. */
  std: z.number().nullable(),
  standardError: z.number().nullable(),
  trials: z.number().int(),
  images: z.number().int()
})
export type Cell = z.infer<typeof cellSchema>

export const modelCellsSchema = z.object({
  series: z.string(),
  model: z.string(),
  cells: z.array(cellSchema)
})
export type ModelCells = z.infer<typeof modelCellsSchema>

/** All metrics of one (layer, trial): see docs/method.md. Null where there are no labels. */
export const metricsSchema = z.object({
  /** Mean cosine similarity of the softmax outputs; criticality is 1 − this, stored separately for precision near 0. */
  cosineSimilarity: z.number(),
  criticality: z.number(),
  l1: z.number(),
  l2: z.number(),
  agreement: z.number(),
  kl: z.number(),
  js: z.number(),
  crossEntropyOfLogits: z.number(),
  /** Fractions. */
  top1: z.number().nullable(),
  top5: z.number().nullable(),
  loss: z.number().nullable(),
  recoveredAccuracy: z.number().nullable()
})
export type Metrics = z.infer<typeof metricsSchema>

export const trialSchema = z.object({ trial: z.number().int(), metrics: metricsSchema })

export const cellDetailSchema = z.object({
  series: z.string(),
  model: z.string(),
  layer: z.string(),
  mean: z.number(),
  std: z.number().nullable(),
  standardError: z.number().nullable(),
  /** 95 % interval of the mean (Student's t over trials); null with one trial. */
  interval: z.array(z.number()).length(2).nullable(),
  images: z.number().int(),
  scheme: z.string(),
  trials: z.array(trialSchema),
  original: z.object({
    top1: z.number().nullable(),
    top5: z.number().nullable(),
    loss: z.number().nullable()
  })
})
export type CellDetail = z.infer<typeof cellDetailSchema>

/** A row of `linchpin results --per trial`. */
export const trialRowSchema = z.object({
  model_id: z.string(),
  layer: z.string(),
  trial: z.number().int(),
  pred_cos_sim: z.number(),
  pred_l1_err: z.number(),
  pred_l2_err: z.number(),
  pred_ce_loss: z.number(),
  /** Percent. */
  top1_acc: z.number().nullable(),
  top5_acc: z.number().nullable(),
  loss: z.number().nullable(),
  recovered_acc: z.number().nullable(),
  model: z.string(),
  kind: z.string(),
  unit: z.string(),
  perturbation: z.string(),
  seed: z.number().int(),
  images: z.number().int(),
  agreement: z.number(),
  kl: z.number(),
  js: z.number(),
  /** How fresh parameters were drawn; empty for other perturbations. */
  scheme: z.string(),
  /** Names the evaluation set: first digits of its key. */
  evaluation: z.string()
})
export type TrialRow = z.infer<typeof trialRowSchema>

/** A row of `linchpin results --per layer`. */
export const layerRowSchema = z.object({
  model_id: z.string(),
  model: z.string(),
  layer: z.string(),
  kind: z.string(),
  unit: z.string(),
  perturbation: z.string(),
  criticality: z.number(),
  std: z.number().nullable(),
  standard_error: z.number().nullable(),
  trials: z.number().int(),
  images: z.number().int(),
  seed: z.number().int(),
  scheme: z.string(),
  evaluation: z.string()
})
export type LayerRow = z.infer<typeof layerRowSchema>

export const statsRequestSchema = z.object({
  attribute: z.string().default('accuracy'),
  perturbation: z.string().default('randomize'),
  kinds: z.array(layerKindSchema).min(1).default(['conv', 'linear']),
  excludeCategories: z.array(z.string()).default([]),
  /** Which series, when the study has several of this perturbation; absent: the one with most measurements. */
  series: z.string().optional()
})
export type StatsRequest = z.infer<typeof statsRequestSchema>

const correlation = { p: z.number().nullable(), n: z.number().int() }

export const statsSchema = z.object({
  /** Whose results these are. */
  series: seriesSchema,
  /** How many other series of the same perturbation there are. */
  otherSeries: z.number().int(),
  models: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      category: z.string(),
      meanCriticality: z.number(),
      stdOverLayers: z.number(),
      standardError: z.number().nullable()
    })
  ),
  layers: z.array(z.object({ name: z.string(), mean: z.number(), std: z.number() })),
  categories: z.array(
    z.object({ category: z.string(), models: z.number().int(), mean: z.number(), std: z.number() })
  ),
  correlation: z.object({
    spearman: z.object({ rho: z.number().nullable(), ...correlation }),
    kendall: z.object({ tau: z.number().nullable(), ...correlation })
  }),
  spread: z.object({ mean: z.number().nullable(), max: z.number().nullable() })
})
export type Stats = z.infer<typeof statsSchema>
