/** In which precision each operator computes when a network is halved. */
import type { NodeProto } from '../model'

/**
 * Products of many terms, where float16 saves time and memory and the hardware adds up in float32. Softmax and the
 * norms here subtract and sum in float32 whatever they are given (ONNX: stash_type of LayerNormalization).
 */
const HALF = new Set([
  'Conv', 'ConvTranspose', 'FusedConv', 'Gemm', 'FusedGemm', 'MatMul', 'FusedMatMul', 'Einsum', 'Attention',
  'MultiHeadAttention', 'BatchNormalization', 'LayerNormalization', 'SkipLayerNormalization', 'RMSNormalization',
  'SimplifiedLayerNormalization', 'SkipSimplifiedLayerNormalization', 'Softmax'
]) // prettier-ignore

/**
 * Sums of many values, and functions that leave the range of float16 (65504) or lose their digits in it. About those
 * that PyTorch's autocast computes in float32.
 */
const SINGLE = new Set([
  'Pow', 'Exp', 'Log', 'Sqrt', 'Reciprocal', 'Softplus', 'LogSoftmax', 'CumSum', 'GlobalAveragePool', 'AveragePool',
  'GlobalLpPool', 'LpPool', 'LRN', 'InstanceNormalization', 'GroupNormalization', 'GroupNorm', 'LpNormalization',
  'MeanVarianceNormalization', 'Mean', 'Sum'
]) // prettier-ignore

/** Inputs that are float32 whatever the operator computes in. */
const ALWAYS_SINGLE: ReadonlyMap<string, readonly number[]> = new Map([
  ['Resize', [1, 2]],
  ['Upsample', [1]]
])

/** `follow`: as its inputs are, in float32 if one of them is. */
export type Wish = 'half' | 'single' | 'follow'

export function wishOf({ opType }: NodeProto): Wish {
  if (HALF.has(opType)) return 'half'
  return SINGLE.has(opType) || opType.startsWith('Reduce') ? 'single' : 'follow'
}

export function isAlwaysSingle({ opType }: NodeProto, input: number): boolean {
  return ALWAYS_SINGLE.get(opType)?.includes(input) === true
}
