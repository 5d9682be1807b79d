/** The interface's words for what the contract names. */
import type { LoadCheck } from '@shared/contract/loading'
import type { LayerKind, Normalization, Preprocessing } from '@shared/contract/model'

export const KIND_WORDS: Readonly<Record<LayerKind, string>> = {
  conv: 'Convolution',
  linear: 'Linear',
  norm: 'Norm',
  embedding: 'Embedding',
  scale: 'Scale'
}

export const NORMALIZATION_SOURCES: Readonly<Record<Normalization['source'], string>> = {
  user: 'entered by hand',
  default: 'assumed: ImageNet’s',
  file: 'from the file',
  config: 'from the config file beside it',
  convention: 'usual for files of this kind'
}

export const VERDICTS: Readonly<Record<LoadCheck['verdict'], string>> = {
  good: 'Good',
  doubtful: 'Doubtful',
  bad: 'Bad'
}

/** `224 × 224 pixels, crop 0.875, bicubic`; null where nothing is known. */
export function preprocessingText(preprocessing: Preprocessing | null): string | null {
  if (preprocessing === null) return null
  const { inputSize, cropFraction, interpolation } = preprocessing
  const parts = [
    inputSize === null ? null : `${inputSize} × ${inputSize} pixels`,
    cropFraction === null ? null : `crop ${cropFraction}`,
    interpolation
  ].filter((part) => part !== null)
  return parts.length === 0 ? null : parts.join(', ')
}
