/** Did it load right? What a network does on a few images, and whether another reading of its file fits better. */
import { z } from 'zod'
import { modelOptionsSchema, problemSchema, warningSchema } from './model'

/** How many images a check runs. */
export const CHECK_IMAGES = 64

/** Agreement of the statistics that a network's batch norms have stored with those of the images. */
export const batchNormAgreementSchema = z.object({
  /** Batch norms compared. */
  layers: z.number().int(),
  /** |mean of the images − stored mean| / stored standard deviation: median over channels, then over layers. */
  meanShift: z.number(),
  /** Variance of the images over the stored one, or its inverse where that is larger; medians likewise. */
  varianceRatio: z.number(),
  /** The layer that is farthest off, by mean shift. */
  worst: z.object({ layer: z.string(), meanShift: z.number(), varianceRatio: z.number() })
})
export type BatchNormAgreement = z.infer<typeof batchNormAgreementSchema>

/** One reading of the file, on the images. */
export const loadMeasureSchema = z.object({
  /** Fraction; null without labels that fit the classes. */
  top1: z.number().nullable(),
  /** Mean entropy of the predictions, in nats, and that of a uniform guess. */
  entropy: z.number().nullable(),
  uniformEntropy: z.number(),
  /** Classes whose logit is the same for every image. */
  deadOutputs: z.number().int(),
  /** Images with NaN or infinite logits. */
  notFinite: z.number().int(),
  /** Classes that are predicted at least once. */
  predictedClasses: z.number().int(),
  /** Null without batch norms. */
  batchNorms: batchNormAgreementSchema.nullable()
})
export type LoadMeasure = z.infer<typeof loadMeasureSchema>

export const alternativeSchema = z.object({
  /** What is read otherwise, e.g. `no normalisation`, `raw weights instead of averaged`, `labels one lower`. */
  text: z.string(),
  kind: z.enum(['normalization', 'channels', 'architecture', 'weights', 'labels']),
  /** Options that read the file so; null where the file is not at fault (order of labels). */
  options: modelOptionsSchema.nullable(),
  measure: loadMeasureSchema,
  /** Whether it fits clearly better than the file as it was read. */
  better: z.boolean()
})
export type Alternative = z.infer<typeof alternativeSchema>

export const loadCheckSchema = z.object({
  images: z.number().int(),
  classes: z.number().int(),
  labelled: z.boolean(),
  asRead: loadMeasureSchema,
  /** `good`, `doubtful` (odd, or an alternative fits better), `bad` (NaN, dead or chance outputs). */
  verdict: z.enum(['good', 'doubtful', 'bad']),
  /** What was found, in sentences. */
  findings: z.array(warningSchema),
  /** Readings that were tried because the file as read looks odd; best first. */
  alternatives: z.array(alternativeSchema)
})
export type LoadCheck = z.infer<typeof loadCheckSchema>

/** One entry a file: a file that cannot be checked says why and stops no other. */
export const loadCheckOutcomeSchema = z.object({
  path: z.string(),
  check: loadCheckSchema.nullable(),
  problem: problemSchema.nullable()
})
export type LoadCheckOutcome = z.infer<typeof loadCheckOutcomeSchema>
