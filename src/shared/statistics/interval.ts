import tQuantile from '@stdlib/stats-base-dists-t-quantile'

/** From so many trials on, their skewness says something. */
const SKEWNESS_FROM = 30

/**
 * The part of the sample skewness that is corrected for. Trials of skewed effects show a skewness that goes with their
 * mean; with the whole of it 95 % intervals of two-valued trials cover up to 98 %, with none of it down to 91 % (test/bench/adaptive-simulation).
 */
const SKEWNESS_PART = 2 / 3

/**
 * 95 % interval of a criticality, cut to [0, 1]: Student's t; with many trials, of skewed means, of a pivot that is
 * transformed to take the skewness out, so that both ends miss alike:
 *   g(W) = W + A W² / 3 + A² W³ / 27 + A / 6,  W = (mean − μ) / SE,  A the skewness of the mean.
 * Source: Hall, "On the removal of skewness by transformation", J. R. Statist. Soc. B 54 (1992).
 * @param asymmetry A; 0 gives Student's interval.
 */
export function meanInterval(
  centre: number,
  standardError: number | null,
  degreesOfFreedom: number | null,
  asymmetry = 0
): [number, number] | null {
  if (standardError === null || degreesOfFreedom === null) return null
  const t = tQuantile(0.975, degreesOfFreedom)
  return [
    Math.max(0, centre - standardError * pivot(t, asymmetry)),
    Math.min(1, centre - standardError * pivot(-t, asymmetry))
  ]
}

/** g⁻¹(t). */
function pivot(t: number, a: number): number {
  // Below, the cube root loses more digits than the transformation changes.
  return Math.abs(a) < 1e-6 ? t : (3 / a) * (Math.cbrt(1 + a * (t - a / 6)) - 1)
}

/**
 * Skewness of the mean of T independent trial means as {@link meanInterval} takes it: μ̂₃ / (T² SE³). What a standard
 * error holds beyond the spread of the means (images that all trials share) counts as symmetric.
 */
export function asymmetryOf(means: readonly number[], standardError: number | null): number {
  const count = means.length
  if (count < SKEWNESS_FROM || standardError === null || standardError === 0) return 0
  const centre = means.reduce((sum, value) => sum + value, 0) / count
  const third = means.reduce((sum, value) => sum + (value - centre) ** 3, 0) / count
  return (SKEWNESS_PART * third) / (count ** 2 * standardError ** 3)
}
