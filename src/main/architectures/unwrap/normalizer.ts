/** Normalisers that were saved with the weights: modules that hold a mean and a std of three channels. */
import type { Normalization } from '@shared/contract/model'
import type { TensorEntry } from '../../checkpoints'
import type { NamedTensors } from '../types'

/** What training code calls the two. */
const PAIRS: Readonly<Record<string, string>> = {
  mean: 'std',
  new_mean: 'new_std',
  _mean: '_std',
  means: 'stds',
  mu: 'sigma',
  pixel_mean: 'pixel_std',
  image_mean: 'image_std',
  img_mean: 'img_std',
  data_mean: 'data_std'
}
/** Means beyond this are of pixels from 0 to 255. */
const BRIGHTEST = 3

export interface Normalizer {
  /** Module path with its dot, e.g. `module.normalizer.`. */
  readonly module: string
  readonly mean: TensorEntry
  readonly std: TensorEntry
  /** Names of both tensors, in full. */
  readonly names: readonly string[]
}

export function findNormalizers(tensors: NamedTensors): readonly Normalizer[] {
  return [...tensors].flatMap(([name, mean]) => {
    const at = name.lastIndexOf('.') + 1
    const module = name.slice(0, at)
    const partner = Object.hasOwn(PAIRS, name.slice(at)) ? (PAIRS[name.slice(at)] ?? '') : ''
    const std = partner === '' ? undefined : tensors.get(module + partner)
    if (std === undefined || !isOfChannels(mean) || !isOfChannels(std)) return []
    return [{ module, mean, std, names: [name, module + partner] }]
  })
}

function isOfChannels({ shape }: TensorEntry): boolean {
  return shape.length > 0 && shape.length <= 4 && shape.reduce((product, size) => product * size, 1) === 3
}

/** Nearest to the network first: it shares the most of the way to it and lies the least deep beside it. */
export function nearestTo(prefix: string, normalizers: readonly Normalizer[]): readonly Normalizer[] {
  const distance = ({ module }: Normalizer): number => {
    const own = prefix.split('.').slice(0, -1)
    const other = module.split('.').slice(0, -1)
    let shared = 0
    while (shared < own.length && own[shared] === other[shared]) shared++
    return own.length - shared + (other.length - shared)
  }
  return normalizers.toSorted((a, b) => distance(a) - distance(b))
}

/** @returns null when its values are no mean and std. @throws FILE_TRUNCATED, FORMAT_INVALID. */
export async function readNormalizer({ mean, std }: Normalizer): Promise<Normalization | null> {
  return asNormalization([...(await mean.read())], [...(await std.read())])
}

/** What metadata say as `mean` and `std`, as JSON or with commas; null: nothing that can be used. */
export function normalizationOfMetadata(metadata: Readonly<Record<string, string>>): Normalization | null {
  const numbers = (text: string | undefined): number[] =>
    text === undefined ? [] : text.replace(/[[\]()\s]/g, ' ').split(/[ ,]+/).filter(Boolean).map(Number) // prettier-ignore
  return asNormalization(numbers(metadata.mean), numbers(metadata.std))
}

function asNormalization(mean: readonly number[], std: readonly number[]): Normalization | null {
  const usable = mean.length === 3 && std.length === 3 && [...mean, ...std].every(Number.isFinite)
  if (!usable || std.some((value) => value <= 0)) return null
  const scale = mean.some((value) => Math.abs(value) > BRIGHTEST) ? 255 : 1
  const scaled = (values: readonly number[]): number[] => values.map((value) => shortest(value / scale))
  return { mean: scaled(mean), std: scaled(std), source: 'file' }
}

/** The decimal number that was rounded to float32: 0.485, not 0.48500001430511475. */
function shortest(value: number): number {
  const short = Number(value.toPrecision(7))
  return Math.fround(short) === Math.fround(value) ? short : value
}
