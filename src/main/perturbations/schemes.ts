/** Fresh parameters as the frameworks draw them. Formulas: docs/method.md. */
import type { Scheme } from '@shared/contract/measurement'
import type { GraphLayer, LayerParameter } from '../graph'
import { sizeOf } from '../graph'
import { spreadOf } from './mixing'
import type { RandomStream } from './stream'

export type DrawScheme = Exclude<Scheme, 'auto'>

/** Which scheme `auto` means for a family of architectures: that of the framework that made it. */
export function schemeFor(family: string | null): DrawScheme {
  if (family === 'resnet') return 'timm-resnet'
  return family === 'vit' || family === 'convnext' ? 'timm-vit' : 'torch'
}

interface Context {
  readonly layer: GraphLayer
  /** All layers of the model, in network order. */
  readonly layers: readonly GraphLayer[]
  readonly stream: (parameter: LayerParameter) => RandomStream
}

type Draw = (parameter: LayerParameter, context: Context) => Float32Array

const constant = (parameter: LayerParameter, value: number): Float32Array =>
  new Float32Array(sizeOf(parameter.shape)).fill(value)

const empty = (parameter: LayerParameter): Float32Array => new Float32Array(sizeOf(parameter.shape))

/** PyTorch counts the receptive field times input channels per group, or times output channels. */
function fans(layer: GraphLayer): { readonly in: number; readonly out: number } {
  const [out = 1, input = 1, ...kernel] = layer.shape
  return { in: input * sizeOf(kernel), out: out * sizeOf(kernel) }
}

/** Kaiming uniform with a = √5 is U(±1/√fan_in); the bias has the same bound. */
const torchDefault: Draw = (parameter, { layer, stream }) =>
  stream(parameter).uniform(empty(parameter), 1 / Math.sqrt(fans(layer).in))

/** A batch norm begins as the identity: scale 1, shift 0, mean 0, variance 1. */
const freshNorm: Draw = (parameter) =>
  constant(parameter, parameter.role === 'weight' || parameter.role === 'running_var' ? 1 : 0)

/** Tokens and positions as every transformer's code draws them: PyTorch has no default for free parameters. */
const freshEmbedding: Draw = (parameter, { stream }) => stream(parameter).normal(empty(parameter), 0, 0.02)

const torch: Draw = (parameter, context) => {
  const { kind } = context.layer
  // A scale of channels begins as the identity, as a norm does.
  if (kind === 'norm' || kind === 'scale') return freshNorm(parameter, context)
  return kind === 'embedding' ? freshEmbedding(parameter, context) : torchDefault(parameter, context)
}

const timmResNet: Draw = (parameter, context) => {
  const { layer, layers, stream } = context
  if (layer.kind === 'norm') {
    // timm zero-initialises the scale of the last batch norm of each residual block.
    const zero = parameter.role === 'weight' && isLastNormOfBlock(layer, layers)
    return zero ? constant(parameter, 0) : freshNorm(parameter, context)
  }
  if (layer.kind === 'conv' && parameter.role === 'weight') {
    return stream(parameter).normal(empty(parameter), 0, Math.sqrt(2 / fans(layer).out))
  }
  return torch(parameter, context)
}

/** timm's ViT and ConvNeXt. */
const timmViT: Draw = (parameter, context) => {
  const { layer, stream } = context
  switch (layer.kind) {
    case 'norm':
      return freshNorm(parameter, context)
    case 'scale':
      return constant(parameter, parameter.role === 'weight' ? layerScale(context) : 0)
    case 'embedding':
      return isToken(layer)
        ? stream(parameter).normal(empty(parameter), 0, 1e-6)
        : freshEmbedding(parameter, context)
    default: {
      if (layer.kind === 'conv' && isPatchEmbedding(context)) return torchDefault(parameter, context)
      if (parameter.role === 'bias') return constant(parameter, 0)
      return stream(parameter).normal(empty(parameter), 0, 0.02)
    }
  }
}

/** Class and register tokens; a distillation token is drawn as positions are. */
function isToken({ name }: GraphLayer): boolean {
  return /(^|[._])(cls|class|reg|register)_?(tokens?|embedding)$/.test(name)
}

/** A ViT's first convolution; ConvNeXt's stem, which some call so, is drawn as its other convolutions. */
function isPatchEmbedding({ layer, layers }: Context): boolean {
  return (
    /(^|\.)(patch_embed|patch_embedding|patch_embeddings|conv_proj)(\.|$)/.test(layer.name) &&
    !layers.some(isDepthwise)
  )
}

function isDepthwise({ kind, shape }: GraphLayer): boolean {
  return kind === 'conv' && shape[1] === 1 && (shape[0] ?? 0) > 1
}

/** timm begins with 1e-6 in ConvNeXt, and in ViT with what the model asks for, 1e-5 where it does. */
function layerScale({ layers }: Context): number {
  return layers.some(isDepthwise) ? 1e-6 : 1e-5
}

/** Normal, with mean and standard deviation of the trained tensor. Not the published method's. */
const matched: Draw = (parameter, context) => {
  if (context.layer.kind === 'norm') return freshNorm(parameter, context)
  const { mean, std } = spreadOf(parameter.read())
  return context.stream(parameter).normal(empty(parameter), mean, std)
}

export const SCHEME_DRAWS: Readonly<Record<DrawScheme, Draw>> = {
  torch,
  'timm-resnet': timmResNet,
  'timm-vit': timmViT,
  matched
}

export function isLastNormOfBlock(layer: GraphLayer, layers: readonly GraphLayer[]): boolean {
  if (layer.block === null) return false
  const norms = layers.filter(
    (other) => other.kind === 'norm' && other.block === layer.block && !other.name.includes('downsample')
  )
  return norms.at(-1)?.name === layer.name
}
