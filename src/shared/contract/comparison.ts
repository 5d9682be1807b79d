import { z } from 'zod'
import { seriesSchema } from './measurement'

export const comparisonRequestSchema = z.object({
  /** Ids of models. */
  first: z.string(),
  second: z.string(),
  perturbation: z.string().default('randomize'),
  /** Which series, when both models are in several of this perturbation. */
  series: z.string().optional()
})
export type ComparisonRequest = z.infer<typeof comparisonRequestSchema>

/** Criticality of the first model less that of the second, over the trials and images that both have. */
export const comparisonSchema = z.object({
  first: z.string(),
  second: z.string(),
  series: seriesSchema,
  layers: z.array(
    z.object({
      layer: z.string(),
      difference: z.number(),
      standardError: z.number().nullable(),
      /** If the two had not met the same draws and images. */
      unpairedStandardError: z.number().nullable(),
      /** Unpaired over paired variance: so many times the trials it would take without that. */
      gain: z.number().nullable(),
      /** 95 %. */
      interval: z.array(z.number()).length(2).nullable(),
      /** Two-sided, Student's t, of no difference; and corrected for the number of layers (Holm). */
      p: z.number().nullable(),
      pCorrected: z.number().nullable(),
      /** Trials that both have. */
      pairs: z.number().int(),
      observations: z.number().int()
    })
  )
})
export type Comparison = z.infer<typeof comparisonSchema>
