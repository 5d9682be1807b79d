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

/** Kinds of layers, as `--kinds` names them; `embedding`: tokens and positions, `scale`: LayerScale. */
export const LAYER_KINDS = ['conv', 'linear', 'norm', 'embedding', 'scale'] as const
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
  /** Share of the network's multiply–accumulates that runs again when the layer changes; null where it is unknown. */
  downstream: z.number().nullable().default(null),
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
  /**
   * Where it came from: `user`, `default` (ImageNet's, assumed), `file` (a normaliser saved with the weights, or
   * metadata), `config` (a config file beside it), `convention` (known of those who wrap their weights so).
   */
  source: z.enum(['user', 'default', 'file', 'config', 'convention'])
})
export type Normalization = z.infer<typeof normalizationSchema>

/** How a file is read, as far as the user, or a config file beside it, decides. */
export const modelOptionsSchema = z.object({
  /** A family (`resnet`), or one of its choices given with it: `resnet:cifar-stem`. */
  architecture: z.string().optional(),
  /** Attention heads, which no tensor tells. */
  heads: z.number().int().positive().optional(),
  /** ε of the layer norms, where a config file beside the weights gives it. */
  epsilon: z.number().positive().optional(),
  /** Path of a file that holds the classifier apart. */
  head: z.string().optional(),
  /** Which of the file's state dicts, by name, e.g. `state_dict_ema`. */
  weights: z.string().optional(),
  /** The prefix whose tensors are taken, e.g. `module.model.`. */
  prefix: z.string().optional(),
  /** Which of a graph's outputs holds the logits. */
  output: z.string().optional(),
  /** Order of the colours that the network was trained on; absent: red, green, blue. */
  channels: z.enum(['rgb', 'bgr']).optional(),
  mean: threeNumbers.optional(),
  std: threeNumbers.optional()
})
export type ModelOptions = z.infer<typeof modelOptionsSchema>

/** One step on the way from a file's tensors to the network's, in the order in which they were done. */
export const unwrapStepSchema = z.object({
  kind: z.enum(['container', 'prefix', 'rename', 'merge', 'drop', 'head', 'config']),
  /** A sentence for the user. */
  text: z.string(),
  /** The tensors that it concerned, as named before it; empty where that is all of them. */
  names: z.array(z.string())
})
export type UnwrapStep = z.infer<typeof unwrapStepSchema>

/** One of a file's sets of weights. */
export const stateDictChoiceSchema = z.object({
  name: z.string(),
  tensors: z.number().int(),
  /** Moving averages of the weights: what is evaluated. */
  averaged: z.boolean(),
  chosen: z.boolean()
})
export type StateDictChoice = z.infer<typeof stateDictChoiceSchema>

/** How the model's own pipeline prepares an image, as a config file beside it says. */
export const preprocessingSchema = z.object({
  /** Height and width that enter the network. */
  inputSize: z.number().int().nullable(),
  /** Crop over resized size, e.g. 0.875. */
  cropFraction: z.number().nullable(),
  /** `bilinear` or `bicubic`. */
  interpolation: z.string().nullable()
})
export type Preprocessing = z.infer<typeof preprocessingSchema>

/** A linear layer that a classifier's features enter. */
export const classifierHeadSchema = z.object({ features: z.number().int(), classes: z.number().int() })

/** What `linchpin inspect --json` prints for a file. A bad file has `error` and empty lists. */
export const inspectionSchema = z.object({
  file: z.string(),
  /** `safetensors`, `pytorch`, `npz`, `onnx`; null when unrecognised. */
  format: z.string().nullable(),
  /** Where in the file the weights lie, e.g. `state_dict`; null: nothing is around them. */
  container: z.string().nullable(),
  /** E.g. `ResNet Bottleneck [3, 4, 6, 3]`. */
  architecture: z.string().nullable(),
  /** `resnet`, `vit`, `convnext` …, or null for a graph of another kind. */
  family: z.string().nullable(),
  /** The choices that `architecture` of the options accepts for this file. */
  architectureChoices: z.array(z.string()),
  /** Names of what was taken off around the weights, from outside in. */
  unwrapped: z.array(z.string()),
  /** Prefixes of names that were taken off, in that order. */
  prefixes: z.array(z.string()),
  steps: z.array(unwrapStepSchema),
  /** The file's sets of weights, when it has several: `weights` of the options chooses. */
  stateDicts: z.array(stateDictChoiceSchema),
  /** Prefixes below which a network lies, when there are several: `prefix` of the options chooses. */
  prefixChoices: z.array(z.string()),
  parameters: z.number().int(),
  tensors: z.number().int(),
  matched: z.number().int(),
  missing: z.array(z.string()),
  unexpected: z.array(z.string()),
  ignored: z.array(z.string()),
  normalization: normalizationSchema.nullable(),
  preprocessing: preprocessingSchema.nullable(),
  /** Attention heads, where the network has attention. */
  heads: z.number().int().nullable(),
  classes: z.number().int().nullable(),
  /** [channels, height, width]; null where any size goes. */
  inputShape: z.array(z.number().int().nullable()),
  /** A graph's outputs with their declared shapes (null: free), when there are several. */
  outputs: z.array(z.object({ name: z.string(), shape: z.array(z.number().int().nullable()) })),
  /** With error CLASSIFIER_MISSING: features that a classifier must take. With CLASSIFIER_ALONE: what it is. */
  head: classifierHeadSchema.partial({ classes: true }).nullable(),
  /** Options that read the file in the same way without the config file beside it. */
  reading: modelOptionsSchema,
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
  steps: z.array(unwrapStepSchema).default([]),
  parameters: z.number().int(),
  normalization: normalizationSchema,
  preprocessing: preprocessingSchema.nullable().default(null),
  heads: z.number().int().nullable().default(null),
  classes: z.number().int().nullable(),
  layers: z.array(layerSchema),
  warnings: z.array(warningSchema)
})
export type Model = z.infer<typeof modelSchema>
