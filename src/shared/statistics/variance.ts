/**
 * How well the mean of a layer's trials is known, whatever images each trial saw.
 *
 * Model: d[t, i] = μ + trial_t + image_i + rest_ti with independent effects of variances σ²_trial, σ²_image, σ²_rest.
 * Trial t sees the n_t images S_t; its mean m_t has
 *   Var(m_t) = σ²_trial + (σ²_image + σ²_rest) / n_t,   Cov(m_t, m_u) = σ²_image · |S_t ∩ S_u| / (n_t n_u).
 * With c̄ the mean of |S_t ∩ S_u| / (n_t n_u) over pairs, the sample variance s² of the T trial means has the expectation
 * mean Var(m_t) − σ²_image · c̄, and so the unweighted mean of trial means
 *   Var(mean) = (mean Var(m_t) + (T − 1) · σ²_image · c̄) / T = E[s²] / T + σ²_image · c̄.
 * Where all trials see the same N images this is (MS_trial + MS_image − MS_rest) / (T·N) of the two-way analysis of
 * variance; where all images differ it is s² / T.
 */
/** Sums that determine everything below. */
export interface TrialSums {
  /** T. */
  readonly trials: number
  /** s² over trial means (ddof 1). */
  readonly betweenTrials: number
  /** Mean of 1 / n_t. */
  readonly meanInverse: number
  /** Σ (d − m_t)² over all observations, with Σ (n_t − 1) degrees of freedom. */
  readonly withinSquares: number
  readonly withinFreedom: number
  /** Σ over pairs t < u of Σ over their common images of (d_ti − m_t)(d_ui − m_u). */
  readonly pairProducts: number
  /** Of {@link TrialOverlap}. */
  readonly sharing: number
  readonly repeated: number
  readonly multiplicity: number
  readonly pairs: number
  readonly weight: number
  /** All trials saw the same images. */
  readonly crossed: boolean
}

/** σ²; null where the data cannot tell. Estimates below 0 are given as 0. */
export interface VarianceComponents {
  readonly trial: number | null
  readonly image: number | null
  readonly rest: number | null
  /** σ²_image + σ²_rest, known wherever a trial saw two images. */
  readonly within: number | null
}

export interface ErrorOfMean {
  readonly standardError: number | null
  readonly degreesOfFreedom: number | null
  readonly components: VarianceComponents
}

/** Below so many pairs (after taking trial means off) an estimate of σ²_image says less than its bound σ²_image ≤ σ²_within. */
const ENOUGH_PAIRS = 8

export function errorOfMean(sums: TrialSums): ErrorOfMean {
  const { trials, betweenTrials, meanInverse, withinFreedom, sharing } = sums
  const within = withinFreedom > 0 ? Math.max(0, sums.withinSquares) / withinFreedom : null
  if (trials < 2) return ofOneTrial(within, meanInverse)
  const image = imageVariance(sums)
  const bounded = within === null || image === null ? null : Math.min(Math.max(0, image), within)
  const components: VarianceComponents = {
    trial:
      within === null ? null : Math.max(0, betweenTrials + (bounded ?? 0) * sharing - within * meanInverse),
    image: bounded,
    rest: bounded === null || within === null ? null : within - bounded,
    within
  }
  const shared = sharedVariance(sums, within, image)
  if (shared === null) return { standardError: null, degreesOfFreedom: null, components }
  const sum = betweenTrials / trials + Math.max(0, shared) * sharing
  // As if trials did not differ: what the images alone leave unknown. The estimate of σ²_trial in `sum` may be negative.
  const withoutTrials =
    within === null ? 0 : (within * meanInverse + (trials - 1) * shared * sharing) / trials
  return {
    standardError: Math.sqrt(Math.max(sum, withoutTrials)),
    degreesOfFreedom: degreesOfFreedom(sums, sum, components),
    components
  }
}

function ofOneTrial(within: number | null, meanInverse: number): ErrorOfMean {
  return {
    standardError: within === null ? null : Math.sqrt(within * meanInverse),
    // The spread over trials is unknown: no interval can be given.
    degreesOfFreedom: null,
    components: { trial: null, image: null, rest: null, within }
  }
}

/**
 * Moment estimate of σ²_image from pairs of observations of one image in different trials, each less its trial's mean:
 *   E[(d_ti − m_t)(d_ui − m_u)] = σ²_image · (1 − 1/n_t − 1/n_u + |S_t ∩ S_u| / (n_t n_u)).
 * Where all see the same N images it is (MS_image − MS_rest) / T.
 */
function imageVariance({ weight, crossed, pairProducts }: TrialSums): number | null {
  return weight > 0 && (crossed || weight >= ENOUGH_PAIRS) ? pairProducts / weight : null
}

/** σ²_image as it enters the variance of the mean, or a bound of it. */
function sharedVariance(sums: TrialSums, within: number | null, image: number | null): number | null {
  const { sharing, betweenTrials } = sums
  if (image !== null) return within === null ? image : Math.min(image, within)
  if (sharing === 0) return 0
  if (within !== null) return within
  // One image a trial: s² estimates σ²_trial + σ²_within − σ²_image · c̄, from which σ²_image ≤ s² / (1 − c̄).
  return sharing < 1 ? betweenTrials / (1 - sharing) : null
}

/**
 * Welch and Satterthwaite: df = 2 · SE⁴ / Var(SE²). With k observations of each of M repeated images,
 *   Var(σ̂²_image) / 2 = ((σ²_image + σ²_rest / k)² + (σ²_rest / k)² / (k − 1)) / M,
 * exact for normal effects where all trials see the same images (then M is N − 1) and for pairs (k = 2).
 */
function degreesOfFreedom(sums: TrialSums, sum: number, { image, rest, within }: VarianceComponents): number {
  const { trials, betweenTrials, sharing, withinFreedom, repeated, pairs, weight, multiplicity: k } = sums
  const least = trials - 1
  let variance = (betweenTrials / trials) ** 2 / least
  if (image !== null && rest !== null) {
    const known = (repeated * weight) / pairs
    variance += (sharing ** 2 * ((image + rest / k) ** 2 + (rest / k) ** 2 / (k - 1))) / known
  } else if (within !== null) {
    variance += (sharing * within) ** 2 / withinFreedom
  }
  return variance > 0 ? Math.max(least, sum ** 2 / variance) : least
}
