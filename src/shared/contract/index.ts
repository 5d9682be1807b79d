import { eventIterator, oc } from '@orpc/contract'
import type { ContractRouterClient } from '@orpc/contract'
import { z } from 'zod'
import { deviceListSchema } from './devices'
import { comparisonRequestSchema, comparisonSchema } from './comparison'
import { evaluationRequestSchema, evaluationSchema } from './evaluation'
import { loadCheckOutcomeSchema } from './loading'
import {
  cellDetailSchema,
  layerRowSchema,
  measurementSpecSchema,
  planSchema,
  runSchema,
  statsRequestSchema,
  statsSchema,
  trialRowSchema
} from './measurement'
import { attributesSchema, inspectionSchema, modelOptionsSchema, modelSchema, warningSchema } from './model'
import {
  importOutcomeSchema,
  importRequestSchema,
  recentStudySchema,
  studyEventSchema,
  studyInfoSchema
} from './study'

const study = z.object({ study: z.string() })

/** Every procedure of the application, for the window, the browser and the command line alike. */
export const contract = {
  application: {
    info: oc.output(
      z.object({
        version: z.string(),
        host: z.enum(['desktop', 'web', 'cli']),
        /** Whether the host shows file dialogs; without them the page uploads or asks for a path. */
        dialogs: z.boolean(),
        /** The study that the host opened at start, if any. */
        study: studyInfoSchema.nullable(),
        dataFolder: z.string(),
        logFile: z.string(),
        cores: z.number().int()
      })
    ),
    /** A native dialog; null when cancelled or when the host has none. */
    chooseFiles: oc
      .input(
        z.object({ purpose: z.enum(['checkpoints', 'images', 'labels', 'study', 'new-study', 'reinit']) })
      )
      .output(z.array(z.string()).nullable())
  },
  devices: {
    /** Tries every device on this machine, or tells what an earlier trial found. */
    list: oc.input(z.object({ fresh: z.boolean().default(false) })).output(deviceListSchema)
  },
  studies: {
    recent: oc.output(z.array(recentStudySchema)),
    /** Without a path: a new file of that name in the application's studies folder. */
    create: oc
      .input(z.object({ name: z.string().min(1).max(200), path: z.string().optional() }))
      .output(studyInfoSchema),
    open: oc
      .input(z.object({ path: z.string(), create: z.boolean().default(false) }))
      .output(studyInfoSchema),
    /** The sample study in the application's data folder, made on first use. */
    openSample: oc.output(studyInfoSchema),
    /** The sample's files and study in a folder of the user's. */
    writeSample: oc.input(z.object({ folder: z.string() })).output(studyInfoSchema),
    /** A snapshot, then every change until the stream is closed. */
    watch: oc.input(study).output(eventIterator(studyEventSchema))
  },
  models: {
    inspect: oc
      .input(
        z.object({ files: z.array(z.object({ path: z.string(), options: modelOptionsSchema.optional() })) })
      )
      .output(z.array(inspectionSchema)),
    /** Runs each file on the first images of the study's evaluation set and says whether it seems to be read right. */
    check: oc
      .input(
        study.extend({
          files: z.array(z.object({ path: z.string(), options: modelOptionsSchema.optional() }))
        })
      )
      .output(z.array(loadCheckOutcomeSchema)),
    add: oc
      .input(study.extend({ models: z.array(importRequestSchema) }))
      .output(z.array(importOutcomeSchema)),
    update: oc
      .input(
        study.extend({
          model: z.string(),
          name: z.string().min(1).optional(),
          category: z.string().min(1).optional(),
          attributes: attributesSchema.optional()
        })
      )
      .output(modelSchema),
    remove: oc.input(study.extend({ model: z.string() })).output(z.void()),
    /** Says where a moved file is now; refused when its content is not the imported one's. */
    locate: oc.input(study.extend({ model: z.string(), path: z.string() })).output(modelSchema),
    /** Runs a checkpoint, unperturbed, on the images of an array file; writes float32 logits [N, classes]. */
    predict: oc
      .input(
        z.object({
          path: z.string(),
          options: modelOptionsSchema.optional(),
          input: z.string(),
          output: z.string(),
          batch: z.number().int().positive().optional(),
          threads: z.number().int().positive().optional()
        })
      )
      .output(
        z.object({ images: z.number().int(), classes: z.number().int(), warnings: z.array(warningSchema) })
      )
  },
  evaluation: {
    set: oc.input(study.extend({ request: evaluationRequestSchema })).output(evaluationSchema),
    /** Stops a preparation that is under way; the set stays as it was. */
    cancel: oc.input(study).output(z.void()),
    /** Writes the prepared images, uint8 or float32 [N, 3, H, W], as .npy. */
    export: oc.input(study.extend({ path: z.string() })).output(z.object({ images: z.number().int() }))
  },
  measurement: {
    plan: oc
      .input(study.extend({ spec: measurementSpecSchema, estimate: z.boolean().default(false) }))
      .output(planSchema),
    start: oc.input(study.extend({ spec: measurementSpecSchema })).output(runSchema),
    pause: oc.input(study.extend({ run: z.number().int() })).output(z.void()),
    resume: oc.input(study.extend({ run: z.number().int() })).output(z.void()),
    cancel: oc.input(study.extend({ run: z.number().int() })).output(z.void()),
    /** Puts a waiting run at another place of the queue; 0: it is next. */
    move: oc.input(study.extend({ run: z.number().int(), place: z.number().int().min(0) })).output(z.void())
  },
  results: {
    trials: oc.input(study).output(z.array(trialRowSchema)),
    layers: oc.input(study).output(z.array(layerRowSchema)),
    cell: oc
      .input(study.extend({ series: z.string(), model: z.string(), layer: z.string() }))
      .output(cellDetailSchema),
    stats: oc.input(study.extend({ request: statsRequestSchema })).output(statsSchema),
    compare: oc.input(study.extend({ request: comparisonRequestSchema })).output(comparisonSchema)
  }
}

export type Contract = typeof contract
/** A client of the contract, whatever carries it. */
export type LinchpinClient = ContractRouterClient<Contract>
