import { eventIterator, oc } from '@orpc/contract'
import type { ContractRouterClient } from '@orpc/contract'
import { z } from 'zod'
import { probeResultSchema, providerSchema } from './devices'
import { batchNormAgreementSchema } from './loading'
import { metricsSchema, precisionSchema, schemeSchema } from './measurement'
import { inspectionSchema, modelOptionsSchema, normalizationSchema, problemSchema } from './model'

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

export const perturbationSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('randomize'), scheme: schemeSchema.exclude(['auto']) }),
  z.object({ kind: z.literal('zero') }),
  z.object({ kind: z.literal('reinit'), path: z.string(), options: modelOptionsSchema }),
  /** The layer's own parameters again: must measure 0. Not offered to users. */
  z.object({ kind: z.literal('identity') })
])
export type Perturbation = z.infer<typeof perturbationSchema>

export const measureRequestSchema = z.object({
  model: modelSourceSchema,
  images: imageFileSchema,
  /** One per image, or null. */
  labels: z.array(z.number().int()).nullable(),
  perturbation: perturbationSchema,
  seed: z.number().int(),
  units: z.array(z.object({ layer: z.string(), trial: z.number().int() })),
  execution: executionSchema
})
export type MeasureRequest = z.infer<typeof measureRequestSchema>

export const engineEventSchema = z.discriminatedUnion('type', [
  /** Images that went through the network since the last event, for the original or for a unit. */
  z.object({
    type: z.literal('progress'),
    images: z.number().int(),
    layer: z.string().nullable(),
    trial: z.number().int().nullable()
  }),
  z.object({
    type: z.literal('original'),
    top1: z.number().nullable(),
    top5: z.number().nullable(),
    loss: z.number().nullable()
  }),
  z.object({
    type: z.literal('unit'),
    layer: z.string(),
    trial: z.number().int(),
    metrics: metricsSchema,
    /** Per-image cosine distances, float32 little endian in base64, in evaluation order. */
    distances: z.string(),
    seconds: z.number()
  }),
  /** A unit that has no result, e.g. because its outputs overflow; the others go on. */
  z.object({
    type: z.literal('failed-unit'),
    layer: z.string(),
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
  /** Images per second of the unperturbed network, over a short time. */
  time: oc
    .input(z.object({ model: modelSourceSchema, images: imageFileSchema, execution: executionSchema }))
    .output(z.object({ imagesPerSecond: z.number() })),
  /** What a network puts out for a few images, handed over in several ways. */
  check: oc.input(checkRequestSchema).output(checkResultSchema),
  /** Whether a provider works here. It may end the process: ask it of an engine that has no other work. */
  probe: oc.input(z.object({ provider: providerSchema })).output(probeResultSchema)
}
export type EngineContract = typeof engineContract
export type EngineClient = ContractRouterClient<EngineContract>
