import { z } from 'zod'
import { evaluationSchema } from './evaluation'
import { modelCellsSchema, runSchema, seriesSchema } from './measurement'
import { inspectionSchema, modelSchema, problemSchema } from './model'

export const studyInfoSchema = z.object({
  /** Names the open study in every procedure. */
  id: z.string(),
  name: z.string(),
  path: z.string(),
  sample: z.boolean()
})
export type StudyInfo = z.infer<typeof studyInfoSchema>

export const recentStudySchema = z.object({ name: z.string(), path: z.string(), openedAt: z.string() })

export const studySnapshotSchema = z.object({
  info: studyInfoSchema,
  models: z.array(modelSchema),
  evaluation: evaluationSchema.nullable(),
  runs: z.array(runSchema),
  series: z.array(seriesSchema),
  cells: z.array(modelCellsSchema)
})
export type StudySnapshot = z.infer<typeof studySnapshotSchema>

/** The first event of a stream is always `snapshot`; the others replace what they name. */
export const studyEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), snapshot: studySnapshotSchema }),
  z.object({ type: z.literal('models'), models: z.array(modelSchema) }),
  z.object({ type: z.literal('evaluation'), evaluation: evaluationSchema.nullable() }),
  z.object({
    type: z.literal('preparing'),
    done: z.number().int(),
    total: z.number().int(),
    /** True with the last event, also after a failure. */
    ended: z.boolean()
  }),
  z.object({ type: z.literal('run'), run: runSchema }),
  z.object({ type: z.literal('series'), series: z.array(seriesSchema) }),
  /** The cells of one model and series that changed; others stay. */
  z.object({ type: z.literal('cells'), cells: modelCellsSchema })
])
export type StudyEvent = z.infer<typeof studyEventSchema>

export const importRequestSchema = z.object({
  path: z.string(),
  name: z.string().optional(),
  category: z.string().optional(),
  attributes: z.record(z.string(), z.union([z.number(), z.string()])).optional(),
  options: modelSchema.shape.options.optional()
})
export type ImportRequest = z.infer<typeof importRequestSchema>

/** One entry a request: the model that was added (or was there already), or why not. */
export const importOutcomeSchema = z.object({
  path: z.string(),
  model: modelSchema.nullable(),
  /** The study had this file with this treatment already; its location was updated. */
  existing: z.boolean(),
  inspection: inspectionSchema,
  problem: problemSchema.nullable()
})
export type ImportOutcome = z.infer<typeof importOutcomeSchema>
