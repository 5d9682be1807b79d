import type { LoadCheckOutcome, LoadMeasure } from '@shared/contract/loading'
import type { Inspection, ModelOptions, Normalization } from '@shared/contract/model'
import { fakeLayers } from './fake-study'

/** Made-up answers about files: a file's name says what it holds. No value here was ever measured. */

const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

const ASSUMED = {
  code: 'NORMALIZATION_ASSUMED',
  message: 'The file says nothing of its normalisation. ImageNet’s mean and standard deviation are assumed.'
}

function normalizationOf({ mean, std }: ModelOptions): Normalization {
  return mean && std ? { mean, std, source: 'user' } : { ...IMAGENET, source: 'default' }
}

const BLANK: Omit<Inspection, 'file'> = {
  format: null,
  container: null,
  architecture: null,
  family: null,
  architectureChoices: [],
  unwrapped: [],
  prefixes: [],
  steps: [],
  stateDicts: [],
  prefixChoices: [],
  parameters: 0,
  tensors: 0,
  matched: 0,
  missing: [],
  unexpected: [],
  ignored: [],
  normalization: null,
  preprocessing: null,
  heads: null,
  classes: null,
  inputShape: [3, null, null],
  outputs: [],
  head: null,
  reading: {},
  layers: [],
  warnings: []
}

const BROKEN: Partial<Inspection> = {
  error: {
    code: 'FILE_TRUNCATED',
    message: 'The file ends too early. The header announces 44.7 MB of tensors, the file has 12.1 MB.',
    fix: 'Download or copy it again.',
    details: ['layer4.1.conv2.weight: bytes 35,389,440 to 44,826,624']
  }
}

const resnet = (options: ModelOptions): Partial<Inspection> => ({
  format: 'safetensors',
  architecture: 'ResNet Basic [2, 2, 2, 2]',
  family: 'resnet',
  architectureChoices: ['resnet:cifar-stem', 'resnet:imagenet-stem'],
  unwrapped: ['state_dict'],
  prefixes: ['module.'],
  parameters: 11_173_962,
  tensors: 122,
  matched: 122,
  unexpected: ['head.extra.weight', 'head.extra.bias'],
  ignored: ['bn1.num_batches_tracked'],
  normalization: normalizationOf(options),
  classes: 10,
  layers: fakeLayers([2, 2, 2, 2], 2),
  warnings: options.mean ? [] : [ASSUMED],
  reading: options
})

/** A checkpoint of a training run with averaged weights, wrapped twice. */
const wrapped = (options: ModelOptions): Partial<Inspection> => ({
  ...resnet(options),
  format: 'pytorch',
  container: options.weights ?? 'state_dict_ema',
  steps: [
    {
      kind: 'container',
      text: 'Taken from “state_dict_ema”, the moving average of the weights; “state_dict” has the raw ones.',
      names: []
    },
    {
      kind: 'prefix',
      text: 'Prefix “module.model.” taken off 122 names.',
      names: ['module.model.conv1.weight', 'module.model.bn1.weight', 'module.model.bn1.bias']
    },
    {
      kind: 'drop',
      text: 'Copies of the network below “module.attacker.” left aside.',
      names: ['module.attacker.model.conv1.weight', 'module.attacker.normalize.new_mean']
    }
  ],
  stateDicts: ['state_dict', 'state_dict_ema'].map((name) => ({
    name,
    tensors: 122,
    averaged: name.endsWith('ema'),
    chosen: name === (options.weights ?? 'state_dict_ema')
  })),
  prefixChoices: ['module.model.', 'module.attacker.model.'],
  normalization: options.mean ? normalizationOf(options) : { ...IMAGENET, source: 'file' },
  warnings: []
})

const vit = (options: ModelOptions): Partial<Inspection> => ({
  ...resnet(options),
  architecture: 'ViT-S/16, 12 blocks of width 384',
  family: 'vit',
  architectureChoices: ['vit'],
  unwrapped: [],
  prefixes: [],
  unexpected: [],
  ignored: [],
  heads: options.heads ?? 6,
  classes: 1000,
  parameters: 22_050_664,
  normalization: options.mean
    ? normalizationOf(options)
    : { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], source: 'config' },
  preprocessing: { inputSize: 224, cropFraction: 0.9, interpolation: 'bicubic' },
  steps: [{ kind: 'config', text: 'config.json says: vit_small_patch16_224, 6 attention heads.', names: [] }],
  warnings: []
})

const encoder = (options: ModelOptions): Partial<Inspection> => ({
  format: 'pytorch',
  container: 'state_dict',
  architecture: 'ResNet Bottleneck [3, 4, 6, 3]',
  family: 'resnet',
  tensors: 318,
  matched: 318,
  missing: ['fc.weight', 'fc.bias'],
  head: { features: 2048 },
  reading: options,
  error: {
    code: 'CLASSIFIER_MISSING',
    message: 'The classifier is missing. The network ends in 2,048 features; “fc.weight” is not in the file.',
    fix: 'Add the file that holds the classifier.'
  }
})

const linear = (): Partial<Inspection> => ({
  format: 'pytorch',
  tensors: 2,
  head: { features: 2048, classes: 1000 },
  error: {
    code: 'CLASSIFIER_ALONE',
    message: 'The file holds a classifier alone. “module.linear.weight” is [1000, 2048].',
    fix: 'Add the file that holds the network.'
  }
})

const completed = (options: ModelOptions): Partial<Inspection> => ({
  ...resnet(options),
  architecture: 'ResNet Bottleneck [3, 4, 6, 3]',
  classes: 1000,
  parameters: 25_557_032,
  steps: [
    { kind: 'head', text: 'The classifier is taken from “linear.pth”.', names: ['module.linear.weight'] }
  ]
})

const twoOutputs = (options: ModelOptions): Partial<Inspection> => ({
  ...resnet(options),
  format: 'onnx',
  architectureChoices: [],
  outputs: [
    { name: 'logits', shape: [null, 10] },
    { name: 'features', shape: [null, 512, 1, 1] }
  ]
})

const unprefixed = (): Partial<Inspection> => ({
  format: 'pytorch',
  tensors: 244,
  prefixChoices: ['online.', 'target.'],
  error: {
    code: 'ARCHITECTURE_UNKNOWN',
    message: 'The tensors are of no architecture that is known. Networks lie below “online.” and “target.”.',
    fix: 'Choose one of the prefixes.'
  }
})

/** @param file whose name holds one of: broken, encoder, linear, wrapped, vit, two-outputs, online. */
export function fakeInspection(file: string, options: ModelOptions = {}): Inspection {
  const parts = (): Partial<Inspection> => {
    if (file.includes('broken')) return BROKEN
    if (file.includes('encoder')) return options.head === undefined ? encoder(options) : completed(options)
    if (file.includes('linear') && !file.includes('simclr')) return linear()
    if (file.includes('wrapped')) return wrapped(options)
    if (file.includes('vit')) return vit(options)
    if (file.includes('two-outputs')) return twoOutputs(options)
    if (file.includes('online')) return options.prefix === undefined ? unprefixed() : resnet(options)
    return resnet(options)
  }
  return { ...BLANK, file, ...parts() }
}

const measure = (part: Partial<LoadMeasure>): LoadMeasure => ({
  top1: 0.765625,
  entropy: 0.62,
  uniformEntropy: Math.log(10),
  deadOutputs: 0,
  notFinite: 0,
  predictedClasses: 10,
  batchNorms: {
    layers: 20,
    meanShift: 0.05,
    varianceRatio: 1.1,
    worst: { layer: 'layer4.1.bn2', meanShift: 0.21, varianceRatio: 1.4 }
  },
  ...part
})

/** Good when the normalisation is none; otherwise that is the better reading. Files named `nan` are bad. */
export function fakeCheck(path: string, options: ModelOptions = {}): LoadCheckOutcome {
  if (path.includes('vit')) {
    const message =
      'The images do not have the size that the model takes. They are 32 × 32, it takes 224 × 224.'
    return { path, check: null, problem: { code: 'INPUT_SIZE', message, fix: 'Prepare them anew.' } }
  }
  const common = { images: 64, classes: 10, labelled: true }
  if (path.includes('nan')) {
    const asRead = measure({ top1: 0.1, entropy: null, notFinite: 64, deadOutputs: 10, batchNorms: null })
    const findings = [{ code: 'not-finite', message: 'The logits of 64 images are NaN.' }]
    return { path, check: { ...common, asRead, verdict: 'bad', findings, alternatives: [] }, problem: null }
  }
  if (options.mean?.every((value) => value === 0) || path.includes('wrapped')) {
    const check = { ...common, asRead: measure({}), verdict: 'good' as const, findings: [], alternatives: [] }
    return { path, check, problem: null }
  }
  const shift = {
    layers: 20,
    meanShift: 1.32,
    varianceRatio: 4.5,
    worst: { layer: 'bn1', meanShift: 2.4, varianceRatio: 9 }
  }
  return {
    path,
    problem: null,
    check: {
      ...common,
      asRead: measure({ top1: 0.140625, entropy: 1.97, batchNorms: shift }),
      verdict: 'doubtful',
      findings: [
        { code: 'alternative-better', message: 'Without a normalisation, 62.5 points more are right.' }
      ],
      alternatives: [
        {
          text: 'no normalisation',
          kind: 'normalization',
          options: { ...options, mean: [0, 0, 0], std: [1, 1, 1] },
          measure: measure({}),
          better: true
        },
        {
          text: 'blue, green, red',
          kind: 'channels',
          options: { ...options, channels: 'bgr' },
          measure: measure({ top1: 0.125, entropy: 2.01, batchNorms: shift }),
          better: false
        },
        {
          text: 'labels one lower',
          kind: 'labels',
          options: null,
          measure: measure({ top1: 0.078125, entropy: 1.97, batchNorms: shift }),
          better: false
        }
      ]
    }
  }
}
