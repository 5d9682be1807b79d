import type { ModelConfig } from '../types'

/** What one config file says; null: nothing of it. */
export interface Facts {
  readonly architecture: string | null
  readonly classes: number | null
  readonly normalization: ModelConfig['normalization']
  readonly inputSize: number | null
  readonly cropFraction: number | null
  readonly interpolation: string | null
  readonly heads: number | null
  readonly epsilon: number | null
  readonly activation: string | null
  readonly pooling: string | null
  readonly stride: ModelConfig['stride']
}

export const NO_FACTS: Facts = {
  architecture: null,
  classes: null,
  normalization: null,
  inputSize: null,
  cropFraction: null,
  interpolation: null,
  heads: null,
  epsilon: null,
  activation: null,
  pooling: null,
  stride: null
}

/** Null unless both are there and every std is above 0. */
export function soundNormalization(
  mean: readonly number[] | null,
  std: readonly number[] | null
): ModelConfig['normalization'] {
  return mean === null || std === null || std.some((value) => value <= 0) ? null : { mean, std }
}
