/** Which mean and std belong to a model, and how that is known. */
import type { ModelOptions, Normalization, Warning } from '@shared/contract/model'
import { LinchpinError } from '@shared/errors'

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
