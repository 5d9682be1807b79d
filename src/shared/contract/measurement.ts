import { z } from 'zod'
import { UNITS } from '../units'
import { deviceSchema, providerSchema } from './devices'
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

/** A run's list of layers and trials is held in memory. */
export const MOST_TRIALS = 10_000
/** Of the adaptive protocol, where nothing else is asked for. */
export const ADAPTIVE_TRIALS = 2_000
/** Forward passes a layer: what the paper's protocol takes, 3 trials of 10,000 images. */
export const PAPER_PASSES = 30_000

export const unitTypeSchema = z.enum(UNITS)

/** What a run measures. Patterns take `*` and `?`; an empty list means all. */
export const measurementSpecSchema = z.object({
  models: z.array(z.string()).default([]),
  layers: z.array(z.string()).default([]),
  /** Null: conv and linear; of blocks and stages, everything in them. */
  kinds: z.array(layerKindSchema).min(1).nullable().default(null),
  /** What is perturbed at once. */
  unit: unitTypeSchema.default('layer'),
  /** As `parsePerturbation` reads it, e.g. `noise:0.1`. */
  perturbation: z.string().default('randomize'),
  scheme: schemeSchema.default('auto'),
  /** With a target: at most so many. */
  trials: z.number().int().min(1).max(MOST_TRIALS).default(3),
  /** The first N images of the evaluation set; absent: all. With a target, trials take theirs from these. */
  images: z.number().int().positive().optional(),
  /**
   * Standard error that each layer is measured to, as a fraction: the adaptive protocol. Absent: every trial sees
   * every image.
   */
  targetSe: z.number().min(1e-6).max(0.5).optional(),
  /** With a target: the most forward passes a layer may take. */
  budget: z.number().int().min(100).max(1e9).default(PAPER_PASSES),
  /** The whole network runs again for each layer and trial: the reference. */
  full: z.boolean().default(false),
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
  /** (layer, trial) pairs measured in this run, and in all that it measures as far as it is planned. */
  units: z.number().int(),
  totalUnits: z.number().int(),
  /** Layers of models that are done, and all. */
  cells: z.number().int().default(0),
  totalCells: z.number().int().default(0),
  /** Whether more may be planned: a target is still to be reached. */
  open: z.boolean().default(false),
  /** Forward passes (image × unit, and the originals' own) done and in all. */
  passes: z.number(),
  totalPasses: z.number(),
  /** Images per second through whatever part of the network runs, over the last seconds; null before the first batch. */
  rate: z.number().nullable(),
  /** Seconds left, by the work that each pass is. */
  secondsLeft: z.number().nullable(),
  /** What is being measured now. */
  model: z.string().nullable(),
  layer: z.string().nullable(),
  trial: z.number().int().nullable()
})
export type Progress = z.infer<typeof progressSchema>

/** With what a run measured, or measures. */
export const runExecutionSchema = z.object({
  provider: providerSchema,
  precision: precisionSchema,
  /** Null: the runtime's choice. */
  threads: z.number().int().nullable(),
  batch: z.number().int(),
  /** Only what depends on a layer, or the whole network. */
  path: z.enum(['downstream', 'full']),
  /** Of Linchpin, Node and the runtime. */
  versions: z.record(z.string(), z.string())
})
export type RunExecution = z.infer<typeof runExecutionSchema>

export const runSchema = z.object({
  id: z.number().int(),
  spec: measurementSpecSchema,
  state: runStateSchema,
  /** How many runs go before it; null: it does not wait. */
  place: z.number().int().nullable().default(null),
  execution: runExecutionSchema.nullable().default(null),
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
  /** Layers of models with something left to measure. */
  cells: z.number().int(),
  passes: z.number(),
  /** With a target the passes depend on what is measured: at least so many, and at most. */
  leastPasses: z.number(),
  mostPasses: z.number(),
  /** Standard error of a layer to be expected, as the study's other layers and models suggest; null: nothing does. */
  expectedError: z.number().nullable(),
  /** Of a short trial on this machine; null when nothing is left to measure or it was not asked for. */
  imagesPerSecond: z.number().nullable(),
  seconds: z.number().nullable()
})
export type Plan = z.infer<typeof planSchema>

export const samplingSchema = z.enum(['same', 'fresh'])
export type Sampling = z.infer<typeof samplingSchema>

/** What a group of comparable results shares: models of one series can stand in one chart. */
export const seriesSchema = z.object({
  id: z.string(),
  perturbation: z.string(),
  scheme: z.string(),
  unit: unitTypeSchema,
  /** Of blocks and stages: kinds of layers that are perturbed in them; absent: all. */
  kinds: z.array(layerKindSchema).optional(),
  /** Whether all trials see the same images, or each its own: the adaptive protocol. */
  sampling: samplingSchema,
  seed: z.number().int(),
  /** That every trial sees, or that trials take theirs from. */
  images: z.number().int(),
  evaluationHash: z.string(),
  precision: z.string(),
  provider: z.string(),
  /** Measured (model, layer, trial) triples in it. */
  measurements: z.number().int()
})
export type Series = z.infer<typeof seriesSchema>

/** Why the adaptive protocol is done with a layer: its target is reached, or it may or can do no more. */
export const outcomeSchema = z.enum(['reached', 'budget', 'trials', 'images'])
export type Outcome = z.infer<typeof outcomeSchema>

/** σ² of the criticality's parts; null where the data cannot tell. */
export const componentsSchema = z.object({
  trial: z.number().nullable(),
  image: z.number().nullable(),
  rest: z.number().nullable(),
  /** Image and rest together. */
  within: z.number().nullable()
})

/** Criticality of a layer (part, block, stage) of a model, over its trials so far, as a fraction in [0, 1]. */
export const cellSchema = z.object({
  /** Name of the unit. */
  layer: z.string(),
  mean: z.number(),
  /** Standard deviation over trials (ddof 1); null with one trial. */
  std: z.number().nullable(),
  standardError: z.number().nullable(),
  degreesOfFreedom: z.number().nullable(),
  /** 95 % interval of the mean, Student's t; null with one trial. */
  interval: z.array(z.number()).length(2).nullable(),
  components: componentsSchema,
  trials: z.number().int(),
  /** Different images. */
  images: z.number().int(),
  /** Trials × images. */
  observations: z.number().int(),
  /** False: a trial that was begun has not seen all its images yet. */
  complete: z.boolean(),
  /** Of the adaptive protocol: the target that it was last measured to, and what came of it. */
  targetSe: z.number().nullable(),
  outcome: outcomeSchema.nullable()
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
  recoveredAccuracy: z.number().nullable(),
  /** The unperturbed network's, on the same images. */
  originalTop1: z.number().nullable().default(null)
})
export type Metrics = z.infer<typeof metricsSchema>

export const trialSchema = z.object({
  trial: z.number().int(),
  /** How many it saw. */
  images: z.number().int(),
  metrics: metricsSchema
})

export const cellDetailSchema = cellSchema.extend({
  series: z.string(),
  model: z.string(),
  scheme: z.string(),
  measured: z.array(trialSchema),
  original: z.object({
    /** How many of the images it was run on so far. */
    images: z.number().int(),
    top1: z.number().nullable(),
    top5: z.number().nullable(),
    loss: z.number().nullable()
  })
})
export type CellDetail = z.infer<typeof cellDetailSchema>

/** How a row was measured. */
const provenance = {
  /** How fresh parameters were drawn; empty for other perturbations. */
  scheme: z.string(),
  /** Names the evaluation set: first digits of its key. */
  evaluation: z.string(),
  sampling: samplingSchema,
  provider: providerSchema,
  precision: precisionSchema
}

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
  ...provenance
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
  ...provenance,
  observations: z.number().int(),
  degrees_of_freedom: z.number().nullable(),
  var_trial: z.number().nullable(),
  var_image: z.number().nullable(),
  var_rest: z.number().nullable(),
  target_se: z.number().nullable(),
  outcome: outcomeSchema.nullable(),
  complete: z.boolean()
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
