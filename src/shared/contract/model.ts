import { z } from 'zod'
import { ERROR_CODES, type ErrorCode } from '../errors'

export const errorCodeSchema = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]])

export const problemSchema = z.object({
  code: errorCodeSchema,
  message: z.string(),
  fix: z.string().optional(),
  details: z.array(z.string()).readonly().optional()
})

export const warningSchema = z.object({ code: z.string(), message: z.string() })
export type Warning = z.infer<typeof warningSchema>

/** Kinds of layers, as `--kinds` names them. */
export const LAYER_KINDS = ['conv', 'linear', 'norm'] as const
export const layerKindSchema = z.enum(LAYER_KINDS)
export type LayerKind = z.infer<typeof layerKindSchema>

export const layerSchema = z.object({
  /** The module path, e.g. `layer1.0.conv2`; unique in its model. */
  name: z.string(),
  kind: layerKindSchema,
  /** Shape of the weight in PyTorch's order, e.g. [out, in / groups, kh, kw]. */
  shape: z.array(z.number().int()),
  parameters: z.number().int(),
  /** Multiply–accumulates for one image at the default input size; null where a shape is unknown. */
  macs: z.number().nullable(),
  /** E.g. `layer1`; null for the stem and the classifier. */
  stage: z.string().nullable(),
  /** E.g. `layer1.0`. */
  block: z.string().nullable()
})
export type LayerInfo = z.infer<typeof layerSchema>

const threeNumbers = z.array(z.number()).length(3)

export const normalizationSchema = z.object({
  /** Per channel, of pixels scaled to [0, 1]. */
  mean: threeNumbers,
  std: threeNumbers,
  /** Where it came from: `user`, `default` (ImageNet's, assumed), `file`. */
  source: z.enum(['user', 'default', 'file'])
})
export type Normalization = z.infer<typeof normalizationSchema>

/** What the user can correct at import. */
export const modelOptionsSchema = z.object({
  /** `resnet`, or a stem given with it: `resnet:imagenet-stem`, `resnet:cifar-stem`. */
  architecture: z.string().optional(),
  mean: threeNumbers.optional(),
  std: threeNumbers.optional()
})
export type ModelOptions = z.infer<typeof modelOptionsSchema>

/** What `linchpin inspect --json` prints for a file. A bad file has `error` and empty lists. */
export const inspectionSchema = z.object({
  file: z.string(),
  /** `safetensors`, `pytorch`, `onnx`; null when unrecognised. */
  format: z.string().nullable(),
  container: z.string().nullable(),
  /** E.g. `ResNet Bottleneck [3, 4, 6, 3]`. */
  architecture: z.string().nullable(),
  /** `resnet`, or null for a graph of another kind. */
  family: z.string().nullable(),
  /** The choices that `architecture` of the options accepts for this file. */
  architectureChoices: z.array(z.string()),
  unwrapped: z.array(z.string()),
  prefixes: z.array(z.string()),
  parameters: z.number().int(),
  tensors: z.number().int(),
  matched: z.number().int(),
  missing: z.array(z.string()),
  unexpected: z.array(z.string()),
  ignored: z.array(z.string()),
  normalization: normalizationSchema.nullable(),
  classes: z.number().int().nullable(),
  /** [channels, height, width]; null where any size goes. */
  inputShape: z.array(z.number().int().nullable()),
  layers: z.array(layerSchema),
  warnings: z.array(warningSchema),
  error: problemSchema.optional()
})
export type Inspection = z.infer<typeof inspectionSchema>

export const attributeValueSchema = z.union([z.number(), z.string()])
export const attributesSchema = z.record(z.string(), attributeValueSchema)
export type Attributes = z.infer<typeof attributesSchema>

export const modelSchema = z.object({
  /** Unique in its study, made from the name; used by the command line. */
  id: z.string(),
  name: z.string(),
  category: z.string(),
  attributes: attributesSchema,
  path: z.string(),
  /** SHA-256 of the file's bytes (with external data files), hexadecimal. */
  hash: z.string(),
  size: z.number(),
  addedAt: z.string(),
  options: modelOptionsSchema,
  format: z.string(),
  architecture: z.string(),
  family: z.string().nullable(),
  unwrapped: z.array(z.string()),
  prefixes: z.array(z.string()),
  ignored: z.array(z.string()),
  parameters: z.number().int(),
  normalization: normalizationSchema,
  classes: z.number().int().nullable(),
  layers: z.array(layerSchema),
  warnings: z.array(warningSchema)
})
export type Model = z.infer<typeof modelSchema>
