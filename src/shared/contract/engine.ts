import { eventIterator, oc } from '@orpc/contract'
import type { ContractRouterClient } from '@orpc/contract'
import { z } from 'zod'
import { probeResultSchema, providerSchema } from './devices'
import { batchNormAgreementSchema } from './loading'
import {
  metricsSchema,
  precisionErrorSchema,
  precisionSchema,
  samplingSchema,
  schemeSchema,
  unitTypeSchema
} from './measurement'
import {
  inspectionSchema,
  layerKindSchema,
  modelOptionsSchema,
  normalizationSchema,
  problemSchema
} from './model'

/** Images as the engine reads them: a raw file, [N, 3, H, W], little endian, after `offset` bytes. */
export const imageFileSchema = z.object({
  path: z.string(),
  offset: z.number().int(),
  dtype: z.enum(['uint8', 'float32']),
  /** Height and width of every image. */
  height: z.number().int(),
  width: z.number().int(),
  channelsLast: z.boolean().default(false),
  count: z.number().int()
})
export type ImageFile = z.infer<typeof imageFileSchema>

const modelSourceSchema = z.object({
  path: z.string(),
  options: modelOptionsSchema,
  /** Null: pixels enter the model as they are. */
  normalization: normalizationSchema.nullable()
})

const executionSchema = z.object({
  batch: z.number().int().positive(),
  threads: z.number().int().positive().optional(),
  /** Absent: the processor. */
  provider: providerSchema.optional(),
  /** Absent: float32. TF32 is also decided by how the engine was started. */
  precision: precisionSchema.optional()
})

const drawSchemeSchema = schemeSchema.exclude(['auto'])
const secondCheckpoint = { path: z.string(), options: modelOptionsSchema }

/** What each does: docs/method.md. */
export const perturbationSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('randomize'), scheme: drawSchemeSchema }),
  z.object({ kind: z.literal('zero') }),
  z.object({ kind: z.literal('shuffle') }),
  /** `scale`: in standard deviations of a tensor's values. */
  z.object({ kind: z.literal('noise'), scale: z.number().nonnegative() }),
  z.object({ kind: z.literal('reinit'), ...secondCheckpoint }),
  z.object({
    kind: z.literal('interpolate'),
    /** 0: as trained. */
    alpha: z.number().min(0).max(1),
    towards: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('draw'), scheme: drawSchemeSchema }),
      z.object({ kind: z.literal('checkpoint'), ...secondCheckpoint })
    ])
  }),
  /** The layer's own parameters again: must measure 0. Not offered to users. */
  z.object({ kind: z.literal('identity') })
])
export type Perturbation = z.infer<typeof perturbationSchema>

/**
 * Images of a trial that a unit is measured on: places `from` to `to` of the trial's sequence of images. Where all
 * trials see the same images, that is evaluation order; else each trial has a sequence of its own.
 */
export const taskSchema = z.object({
  unit: z.string(),
  trial: z.number().int(),
  from: z.number().int(),
  to: z.number().int()
})
export type Task = z.infer<typeof taskSchema>

export const measureRequestSchema = z.object({
  model: modelSourceSchema,
  /** `count` of them: what the sequences are made of. */
  images: imageFileSchema,
  /** One per image, or null. */
  labels: z.array(z.number().int()).nullable(),
  perturbation: perturbationSchema,
  seed: z.number().int(),
  unit: unitTypeSchema,
  kinds: z.array(layerKindSchema).nullable(),
  /** Only what depends on a unit runs again, or the whole network: the reference. */
  path: z.enum(['downstream', 'full']),
  sampling: samplingSchema,
  tasks: z.array(taskSchema),
  execution: executionSchema
})
export type MeasureRequest = z.infer<typeof measureRequestSchema>

/** As to measure, without what: `units` are named instead, those that would be measured. */
export const timingRequestSchema = measureRequestSchema
  .omit({ tasks: true, labels: true, sampling: true })
  .extend({ units: z.array(z.string()).min(1) })
export type TimingRequest = z.infer<typeof timingRequestSchema>

export const timingSchema = z.object({
  /** Of a pass of one image through the whole unperturbed network, in the batches of the run. */
  secondsPerPass: z.number(),
  /** Of a pass through what is downstream of a unit, over `secondsPerPass` × its share of the network's work. */
  downstreamFactor: z.number(),
  /** For a unit, before its first trial; comes once a shard. */
  secondsPerUnit: z.number(),
  /** For drawing one parameter of a trial and handing it over; comes once a shard. */
  secondsPerParameter: z.number(),
  /** For comparing one image's outputs. */
  secondsPerComparison: z.number(),
  /** Images that are led through the network together. */
  shard: z.number()
})
export type Timing = z.infer<typeof timingSchema>

export const calibrationRequestSchema = z.object({
  model: modelSourceSchema,
  images: imageFileSchema,
  execution: executionSchema.omit({ batch: true, threads: true }),
  /** That are worth trying; one of each is no choice. */
  threads: z.array(z.number().int()).min(1),
  batches: z.array(z.number().int()).min(1)
})
export type CalibrationRequest = z.infer<typeof calibrationRequestSchema>

export const calibrationSchema = z.object({
  threads: z.number().int(),
  batch: z.number().int(),
  imagesPerSecond: z.number()
})
export type Calibration = z.infer<typeof calibrationSchema>

export const engineEventSchema = z.discriminatedUnion('type', [
  /** Images that went through (part of) the network since the last event, for the unperturbed one or for a unit. */
  z.object({
    type: z.literal('progress'),
    images: z.number().int(),
    /** In full forward passes of an image. */
    work: z.number(),
    unit: z.string().nullable(),
    trial: z.number().int().nullable()
  }),
  /** How far the network in a lower precision is from float32; first of all, where one was asked for. */
  z.object({ type: z.literal('precision'), error: precisionErrorSchema }),
  /** What the unperturbed network makes of some images. */
  z.object({
    type: z.literal('original'),
    /** Indices into the evaluation set, uint32 little endian in base64. */
    images: z.string(),
    /**
     * One a image, in base64. uint8: how many classes stand before the right one (255: that many or more); float32
     * little endian: cross-entropy in nats. Null without labels.
     */
    ranks: z.string().nullable(),
    losses: z.string().nullable()
  }),
  /** A unit on some images of a trial. They come in the order of the trial's sequence. */
  z.object({
    type: z.literal('piece'),
    ...taskSchema.shape,
    /** Means over these images. */
    metrics: metricsSchema,
    /** Per-image cosine distances, float32 little endian in base64, in the order of the sequence. */
    distances: z.string(),
    seconds: z.number()
  }),
  /** A trial that has no result, e.g. because its outputs overflow; the others go on. */
  z.object({
    type: z.literal('failed'),
    unit: z.string(),
    trial: z.number().int(),
    problem: problemSchema
  })
])
export type EngineEvent = z.infer<typeof engineEventSchema>

/** One way to hand pixels to a network. */
export const pixelReadingSchema = z.object({
  /** Null: the file's own. */
  normalization: normalizationSchema.nullable(),
  /** Whether the colours come in the other order than the file's options say. */
  reversed: z.boolean()
})
export type PixelReading = z.infer<typeof pixelReadingSchema>

export const checkRequestSchema = z.object({
  path: z.string(),
  options: modelOptionsSchema,
  images: imageFileSchema,
  /** Which of the images. */
  indices: z.array(z.number().int()).readonly(),
  readings: z.array(pixelReadingSchema).readonly(),
  execution: executionSchema
})
export type CheckRequest = z.infer<typeof checkRequestSchema>

export const checkResultSchema = z.object({
  classes: z.number().int(),
  /** What the file is, and how else it could be read. */
  file: inspectionSchema.pick({
    normalization: true,
    stateDicts: true,
    prefixes: true,
    prefixChoices: true,
    architectureChoices: true
  }),
  /** One a reading, in that order. */
  readings: z.array(
    z.object({
      /** float32 little endian [images, classes] in base64. */
      logits: z.string(),
      /** Batch norms in the order of the network; without those whose input is not finite. */
      batchNorms: z.array(batchNormAgreementSchema.shape.worst)
    })
  )
})
export type CheckResult = z.infer<typeof checkResultSchema>

/** The engine process: the only one that loads ONNX Runtime. It knows no study and no SQL. */
export const engineContract = {
  measure: oc.input(measureRequestSchema).output(eventIterator(engineEventSchema)),
  predict: oc
    .input(
      z.object({
        model: modelSourceSchema,
        images: imageFileSchema,
        output: z.string(),
        execution: executionSchema
      })
    )
    .output(z.object({ images: z.number().int(), classes: z.number().int() })),
  /** What measuring costs here, from a few units measured on few images. */
  time: oc.input(timingRequestSchema).output(timingSchema),
  /** The number of threads and of images at a time that runs the network fastest, tried for a few seconds. */
  calibrate: oc.input(calibrationRequestSchema).output(calibrationSchema),
  /** What a network puts out for a few images, handed over in several ways. */
  check: oc.input(checkRequestSchema).output(checkResultSchema),
  /** Whether a provider works here. It may end the process: ask it of an engine that has no other work. */
  probe: oc.input(z.object({ provider: providerSchema })).output(probeResultSchema)
}
export type EngineContract = typeof engineContract
export type EngineClient = ContractRouterClient<EngineContract>
