/** Other ways in which a file could have been meant: the usual normalisations, orders of colours, sets of weights. */
import type { CheckResult } from '@shared/contract/engine'
import type { ModelOptions, Normalization } from '@shared/contract/model'

export interface OtherNormalization {
  /** Follows "with". */
  readonly text: string
  readonly mean: number[]
  readonly std: number[]
}

const three = (value: number): number[] => [value, value, value]

/** Mean and std of pixels in [0, 1]. Sources: torchvision, timm, OpenAI's CLIP, Krizhevsky's CIFAR-10, Caffe's VGG. */
export const NORMALIZATIONS: readonly OtherNormalization[] = [
  { text: 'no normalisation', mean: three(0), std: three(1) },
  { text: "ImageNet's normalisation", mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  { text: "Inception's normalisation (0.5, 0.5)", mean: three(0.5), std: three(0.5) },
  { text: "CLIP's normalisation", mean: [0.4815, 0.4578, 0.4082], std: [0.2686, 0.2613, 0.2758] },
  { text: "CIFAR-10's normalisation", mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  { text: 'pixels from 0 to 255', mean: three(0), std: three(1 / 255) },
  {
    text: "pixels from 0 to 255 less their mean (Caffe's)",
    mean: [123.68 / 255, 116.779 / 255, 103.939 / 255],
    std: three(1 / 255)
  }
]

/** Normalisations that differ by less are one: files write them with three to eight digits. */
const SAME = 1e-3

export function otherNormalizations(present: Normalization | null): OtherNormalization[] {
  const close = (a: readonly number[], b: readonly number[]): boolean =>
    a.every((value, i) => Math.abs(value - (b[i] ?? NaN)) < SAME * Math.max(value, SAME))
  const here = (mean: readonly number[], std: readonly number[]): boolean =>
    present !== null && close(mean, present.mean) && close(std, present.std)
  return NORMALIZATIONS.filter(({ mean, std }) => !here(mean, std))
}

export interface OtherReading {
  /** Follows "with". */
  readonly text: string
  readonly kind: 'architecture' | 'weights'
  readonly options: ModelOptions
}

/** What the tensors do not tell, otherwise: the family's choices, and what is taken without one. */
export function otherArchitectures(
  { architectureChoices }: CheckResult['file'],
  options: ModelOptions
): OtherReading[] {
  const { architecture: present, ...automatic } = options
  const kind = 'architecture' as const
  const others = architectureChoices
    .filter((choice) => choice !== present)
    .map((choice) => ({
      text: `the architecture read as "${choice}"`,
      kind,
      options: { ...options, architecture: choice }
    }))
  if (present === undefined) return others
  return [{ text: 'the architecture that its tensors suggest', kind, options: automatic }, ...others]
}

/** A file with more sets of weights than these is no checkpoint of one model; each is read and run in full. */
const MOST_WEIGHTS = 6

export function otherWeights(file: CheckResult['file'], options: ModelOptions): OtherReading[] {
  const averagedNow = file.stateDicts.some(({ chosen, averaged }) => chosen && averaged)
  const stateDicts = file.stateDicts
    .filter(({ chosen }) => !chosen)
    .map(({ name, averaged }) => {
      const instead =
        averagedNow === averaged ? '' : ` instead of the ${averagedNow ? 'averaged' : 'raw'} ones`
      const kind = averagedNow === averaged ? '' : averaged ? 'averaged ' : 'raw '
      const text = `the ${kind}weights "${name}"${instead}`
      return { text, kind: 'weights' as const, options: { ...options, weights: name } }
    })
  const present = file.prefixes.join('')
  const prefixes = file.prefixChoices
    .filter((prefix) => prefix !== present)
    .map((prefix) => ({
      text: `the weights below "${prefix}"`,
      kind: 'weights' as const,
      options: { ...options, prefix }
    }))
  return [...stateDicts, ...prefixes].slice(0, MOST_WEIGHTS)
}

/** Which colour the present reading takes for the first, turned round. */
export function otherChannels(options: ModelOptions): { text: string; options: ModelOptions } {
  const bgr = options.channels !== 'bgr'
  return {
    text: `${bgr ? 'blue, green, red' : 'red, green, blue'} as the order of colours`,
    options: { ...options, channels: bgr ? 'bgr' : 'rgb' }
  }
}
