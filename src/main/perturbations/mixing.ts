/**
 * Trained parameters mixed with others. Sums are computed in float64 and rounded once. Loops count: an iterator over
 * millions of values takes several times as long.
 */

/**
 * θ + scale · std(θ) · noise, in place, with the population standard deviation of θ. Where nothing is to be added every
 * bit stays; what is not finite stays as it is.
 * @param noise as long as θ.
 */
export function withNoise(values: Float32Array, noise: Float32Array, scale: number): void {
  const step = scale * spreadOf(values).std
  if (step === 0) return
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) + step * (noise[i] ?? 0)
}

/** (1 − α) θ + α θ': exactly θ for α = 0, and θ' for α = 1, signs of zeros included. */
export function interpolated(trained: Float32Array, other: Float32Array, alpha: number): Float32Array {
  if (alpha === 0) return trained.slice()
  const result = other.slice()
  if (alpha === 1) return result
  const rest = 1 - alpha
  for (let i = 0; i < result.length; i++) result[i] = rest * (trained[i] ?? 0) + alpha * (result[i] ?? 0)
  return result
}

/** Mean and population standard deviation of the finite values; 0 where there are none. */
export function spreadOf(values: Float32Array): { readonly mean: number; readonly std: number } {
  let sum = 0
  let count = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    if (!Number.isFinite(value)) continue
    sum += value
    count++
  }
  if (count === 0) return { mean: 0, std: 0 }
  const mean = sum / count
  let squares = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    if (Number.isFinite(value)) squares += (value - mean) ** 2
  }
  return { mean, std: Math.sqrt(squares / count) }
}
