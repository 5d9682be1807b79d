/** Normalisations that are in use, and those that are typed. */

export interface NormalizationPreset {
  readonly id: string
  readonly label: string
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

/** Per channel (red, green, blue), of pixels scaled to [0, 1]. */
export const NORMALIZATION_PRESETS: readonly NormalizationPreset[] = [
  // torchvision, timm: IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD.
  { id: 'imagenet', label: 'ImageNet', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  { id: 'none', label: 'None, pixels in [0, 1]', mean: [0, 0, 0], std: [1, 1, 1] },
  // timm: IMAGENET_INCEPTION_MEAN, pixels in [-1, 1].
  { id: 'inception', label: 'Inception, 0.5', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  // OpenAI's CLIP, as its preprocessing has it.
  {
    id: 'clip',
    label: 'CLIP',
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711]
  },
  // Over all pixels of the 50,000 training images.
  { id: 'cifar10', label: 'CIFAR-10', mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  // The mean over images of each image's own deviation, which many recipes use instead.
  {
    id: 'cifar10-image',
    label: 'CIFAR-10, deviation an image',
    mean: [0.4914, 0.4822, 0.4465],
    std: [0.2023, 0.1994, 0.201]
  }
]

/** `0.485, 0.456, 0.406` → three numbers; null where it is anything else. */
export function parseTriple(text: string): number[] | null {
  const parts = text.split(/[,;\s]+/).filter((part) => part !== '')
  const numbers = parts.map(Number)
  return numbers.length === 3 && numbers.every(Number.isFinite) ? numbers : null
}

/** Deviations are divided by. */
export function parseDeviation(text: string): number[] | null {
  const std = parseTriple(text)
  return std?.every((value) => value > 0) ? std : null
}

export const tripleText = (numbers: readonly number[]): string => numbers.join(', ')

/** The preset that has these numbers, if any. */
export function presetOf(mean: string, std: string): NormalizationPreset | undefined {
  const [m, s] = [parseTriple(mean), parseTriple(std)]
  if (m === null || s === null) return undefined
  return NORMALIZATION_PRESETS.find(
    (preset) => tripleText(preset.mean) === tripleText(m) && tripleText(preset.std) === tripleText(s)
  )
}
