/** Which mean and std belong to a model, and how that is known. */
import type { ModelOptions, Normalization, UnwrapStep, Warning } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'
import type { ModelConfig, StateDictCheckpoint } from '../checkpoints'
import type { Reading } from './reading'
import type { Report } from './report'
import { shorten } from './text'
import { frontEndOf, NO_NORMALIZATION } from './unwrap/convention'
import { drop } from './unwrap/inventory'
import { nearestTo, normalizationOfMetadata, readNormalizer, type Normalizer } from './unwrap/normalizer'

/** torchvision's and timm's mean and std for ImageNet. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

/**
 * The user's own, else the first that is known, else ImageNet's.
 * @param known what the file, a config beside it, or the way its weights are wrapped says; first is strongest.
 * @throws OPTION_INVALID.
 */
export function normalizationOf(
  { mean, std }: ModelOptions,
  known: readonly (Normalization | null)[] = []
): Normalization {
  if (mean === undefined && std === undefined) {
    return known.find((candidate) => candidate !== null) ?? { ...IMAGENET, source: 'default' }
  }
  if (mean === undefined || std === undefined) {
    const [given, lacking] = mean === undefined ? ['std', 'mean'] : ['mean', 'std']
    throw new LinchpinError('OPTION_INVALID', `A ${given} is given without its ${lacking}.`, {
      fix: 'Give both, or neither.'
    })
  }
  const values = { mean, std }
  if ([...values.mean, ...values.std].some((v) => !Number.isFinite(v)) || values.std.some((v) => v <= 0)) {
    throw new LinchpinError(
      'OPTION_INVALID',
      `The normalisation has mean [${values.mean.join(', ')}] and std [${values.std.join(', ')}]; expected numbers, std above 0.`
    )
  }
  return { ...values, source: 'user' }
}

export function normalizationWarnings({ source }: Normalization): Warning[] {
  if (source !== 'default') return []
  const message = "The file does not say how its images were normalised: ImageNet's mean and std are taken."
  return [{ code: 'normalization-assumed', message }]
}

/**
 * What is known of a state dict: normalisers beside the network before metadata, before the config, before what those
 * who wrap and name their tensors so are known to do.
 * @param prefix of the network.
 */
export async function knownNormalizations(
  { metadata, config, container }: StateDictCheckpoint,
  prefix: string,
  reading: Reading,
  normalizers: readonly Normalizer[],
  report: Report
): Promise<readonly (Normalization | null)[]> {
  const saved = await savedNormalization(prefix, normalizers, report)
  const frontEnd = frontEndOf([...(container ?? '').split('.'), ...prefix.split('.')])
  const convention = reading.normalization ?? (frontEnd === null ? null : NO_NORMALIZATION)
  return [
    saved,
    normalizationOfMetadata(metadata),
    configNormalization(config),
    convention === null ? null : { ...convention, source: 'convention' }
  ]
}

/** Of a config file beside the weights; null: it says nothing that can be used. */
export function configNormalization(config: ModelConfig | null): Normalization | null {
  const { mean = [], std = [] } = config?.normalization ?? {}
  return mean.length === 3 && std.length === 3 ? { mean: [...mean], std: [...std], source: 'config' } : null
}

async function savedNormalization(
  prefix: string,
  normalizers: readonly Normalizer[],
  report: Report
): Promise<Normalization | null> {
  let taken: { readonly module: string; readonly values: Normalization } | null = null
  const others: string[] = []
  for (const normalizer of nearestTo(prefix, normalizers)) {
    const values = await readNormalizer(normalizer)
    const module = normalizer.names[0] ?? ''
    if (values !== null && taken === null) {
      taken = { module, values }
      report.step(normalizerStep(normalizer, values))
      continue
    }
    others.push(...normalizer.names)
    if (values !== null && taken !== null && !agree(taken.values, values)) {
      const message = `The file has normalisers that differ: "${taken.module}" [${taken.values.mean.join(', ')}] is taken, "${module}" [${values.mean.join(', ')}] is not.`
      report.warn({ code: 'normalizers-differ', message })
    }
  }
  report.step(...drop(others, `Other normalisers were left out: ${shorten(others)}.`))
  return taken?.values ?? null
}

function normalizerStep({ names }: Normalizer, { mean, std }: Normalization): UnwrapStep {
  const text = `Mean [${mean.join(', ')}] and std [${std.join(', ')}] come from the normaliser saved with the weights.`
  return { kind: 'drop', text, names: [...names] }
}

function agree(a: Normalization, b: Normalization): boolean {
  const near = (x: readonly number[], y: readonly number[]): boolean =>
    x.every((value, i) => Math.abs(value - (y[i] ?? NaN)) < 1e-4)
  return near(a.mean, b.mean) && near(a.std, b.std)
}
