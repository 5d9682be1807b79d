import { z } from 'zod'

/** How image files become pixels: shorter side to `resize` (bilinear), then a centre crop. Null for arrays. */
export const preparationSchema = z.object({
  resize: z.number().int().positive(),
  crop: z.number().int().positive()
})
export type Preparation = z.infer<typeof preparationSchema>

export const evaluationRequestSchema = z.object({
  /** A folder of class folders, a flat folder of images, or a .npy file. */
  path: z.string(),
  labels: z.string().optional(),
  resize: z.number().int().min(1).max(4096).default(256),
  crop: z.number().int().min(1).max(4096).default(224),
  count: z.number().int().positive().default(10000),
  seed: z.number().int().min(0).max(0xffffffff).default(0),
  stratified: z.boolean().default(false),
  /** Every image, in file order. */
  all: z.boolean().default(false)
})
export type EvaluationRequest = z.infer<typeof evaluationRequestSchema>

export const skippedImageSchema = z.object({ file: z.string(), reason: z.string() })
export type SkippedImage = z.infer<typeof skippedImageSchema>

export const evaluationSchema = z.object({
  request: evaluationRequestSchema,
  kind: z.enum(['class-folders', 'flat-folder', 'array']),
  /** SHA-256 over the prepared pixels in evaluation order and their shape: names the set. */
  hash: z.string(),
  /** Images in the set. */
  count: z.number().int(),
  /** Images that the source holds. */
  available: z.number().int(),
  height: z.number().int(),
  width: z.number().int(),
  /** `uint8` pixels, or `float32` arrays that are taken as they are. */
  dtype: z.enum(['uint8', 'float32']),
  preparation: preparationSchema.nullable(),
  labelled: z.boolean(),
  /** Class names in label order; empty where there are no labels or no names. */
  classes: z.array(z.string()),
  /** Images per class, in label order. */
  classCounts: z.array(z.number().int()),
  skipped: z.array(skippedImageSchema)
})
export type Evaluation = z.infer<typeof evaluationSchema>
