/** The interface's words for what the contract names. */
import type { LayerKind, Normalization } from '@shared/contract/model'

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
  convention: 'as those who save it so use it'
}
