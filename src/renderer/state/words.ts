/** The interface's words for what the contract names. */
import type { LoadCheck } from '@shared/contract/loading'
import type { Precision } from '@shared/contract/measurement'
import type { LayerKind, Normalization, Preprocessing } from '@shared/contract/model'
import { isRandom, parsePerturbation, type PerturbationText } from '@shared/perturbation-text'
import type { UnitType } from '@shared/units'
import { baseName } from './format'

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

/** What a choice of architecture means; one that is not here is shown as it is. */
const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['resnet:imagenet-stem', 'stem with stride 2 and pooling (ImageNet)'],
  ['resnet:cifar-stem', 'stem with stride 1, no pooling (CIFAR)'],
  ['resnet:v1', 'stride in the first 1×1 convolution (v1, Caffe)'],
  ['vit:class-token', 'classified by the class token'],
  ['vit:average', 'classified by the average of the patches'],
  ['vit:quick-gelu', 'quick GELU (OpenAI’s CLIP)'],
  ['efficientnet:pytorch', 'padding as in PyTorch'],
  ['efficientnet:tf', 'padding as in TensorFlow']
])

export function architectureWords(choice: string): string {
  return ARCHITECTURES.get(choice) ?? choice
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

export const UNIT_WORDS: Readonly<
  Record<UnitType, { readonly title: string; readonly one: string; readonly many: string }>
> = {
  layer: { title: 'Layer', one: 'layer', many: 'layers' },
  part: { title: 'Part of an attention', one: 'part', many: 'parts' },
  block: { title: 'Block', one: 'block', many: 'blocks' },
  stage: { title: 'Stage', one: 'stage', many: 'stages' }
}

export const PRECISION_WORDS: Readonly<Record<Precision, string>> = {
  float32: 'float32',
  tf32: 'TF32',
  float16: 'float16'
}

/** `noise of 0.1 σ`, `step of 0.5 towards base.pth`; as it is stored where it is none that is known. */
export function perturbationWords(text: string): string {
  const perturbation = readPerturbation(text)
  if (perturbation === null) return text
  switch (perturbation.kind) {
    case 'noise':
      return `noise of ${perturbation.scale} σ`
    case 'reinit':
      return `from ${baseName(perturbation.path)}`
    case 'interpolate': {
      const towards = perturbation.path === null ? 'fresh parameters' : baseName(perturbation.path)
      return `step of ${perturbation.alpha} towards ${towards}`
    }
    default:
      return perturbation.kind
  }
}

/** Whether trials of it differ; one that cannot be read is taken to draw. */
export function drawsAnything(text: string): boolean {
  const perturbation = readPerturbation(text)
  return perturbation === null || isRandom(perturbation)
}

function readPerturbation(text: string): PerturbationText | null {
  try {
    return parsePerturbation(text)
  } catch {
    return null
  }
}
