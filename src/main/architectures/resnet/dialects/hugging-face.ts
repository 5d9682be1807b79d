import type { NamedTensors } from '../../types'
import { renaming } from '../../renaming'

const PART: Readonly<Record<string, string>> = { convolution: 'conv', normalization: 'bn' }
const STEM = /^(?:resnet\.)?embedder\.embedder\.(convolution|normalization)\./
const LAYER =
  /^(?:resnet\.)?encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.(\d+)\.(convolution|normalization)\./
const SHORTCUT =
  /^(?:resnet\.)?encoder\.stages\.(\d+)\.layers\.(\d+)\.shortcut\.(convolution|normalization)\./

const next = (index: string): string => String(Number(index) + 1)

/** transformers' ResNetForImageClassification, and ResNetModel without a classifier. */
export const huggingFace = renaming(
  'Hugging Face’s ResNet',
  (tensors: NamedTensors) =>
    tensors.has('resnet.embedder.embedder.convolution.weight') ||
    tensors.has('embedder.embedder.convolution.weight'),
  (name) =>
    name
      .replace(STEM, (_, part: string) => `${PART[part] ?? ''}1.`)
      .replace(
        LAYER,
        (_, stage: string, block: string, layer: string, part: string) =>
          `layer${next(stage)}.${block}.${PART[part] ?? ''}${next(layer)}.`
      )
      .replace(
        SHORTCUT,
        (_, stage: string, block: string, part: string) =>
          `layer${next(stage)}.${block}.downsample.${part === 'convolution' ? '0' : '1'}.`
      )
      .replace(/^classifier\.1\./, 'fc.')
)
