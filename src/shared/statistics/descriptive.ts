/** Descriptive statistics. Empty input gives NaN, or null where the value is undefined for one observation. */

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function squaredDeviations(values: readonly number[]): number {
  const centre = mean(values)
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0)
}

/** Standard deviation of a whole population (ddof 0). */
export function populationStd(values: readonly number[]): number {
  return Math.sqrt(squaredDeviations(values) / values.length)
}

/** Standard deviation of a sample (ddof 1); null below two values. */
export function sampleStd(values: readonly number[]): number | null {
  return values.length < 2 ? null : Math.sqrt(squaredDeviations(values) / (values.length - 1))
}

/** Middle value; the mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? NaN)) / 2
}
