/** What designs cost, computed from variance components that are known afterwards. */

export interface KnownComponents {
  /** σ² between trials, between images, and of what is left. */
  readonly trial: number
  readonly image: number
  readonly rest: number
}

export interface Design {
  readonly trials: number
  /** Of each trial. */
  readonly images: number
  readonly passes: number
}

/** Standard error of a mean over trials that all see the same images; the paper's protocol unless said otherwise. */
export function paperStandardError(
  { trial, image, rest }: KnownComponents,
  { images = 10_000, trials = 3 } = {}
): number {
  return Math.sqrt(trial / trials + image / images + rest / (trials * images))
}

/**
 * The design with fewest passes whose standard error is `target` or less: T trials of n images each, all different while
 * the pool has enough of them and used evenly beyond,
 *   SE² = σ²_trial / T + σ²_rest / (T·n) + σ²_image · max(1 / (T·n), 1 / pool).
 * The same images in all trials are never cheaper: σ²_image / n takes the last term's place.
 * @param least trials that the design must have.
 * @returns null where no number of passes suffices.
 */
export function bestDesign(
  components: KnownComponents,
  target: number,
  { least = 2, pool = Infinity }: { least?: number; pool?: number } = {}
): Design | null {
  let best: Design | null = null
  for (let images = 1; images <= pool; images++) {
    const needed = trialsFor(components, images, target ** 2, pool)
    if (needed === null) return best
    const trials = Math.max(least, needed)
    const passes = trials * images
    if (best === null || passes < best.passes) best = { trials, images, passes }
    // More images a trial save trials no longer, or cannot make up for themselves.
    if (needed <= least || passes > 2 * best.passes) break
  }
  return best
}

function trialsFor(
  { trial, image, rest }: KnownComponents,
  images: number,
  variance: number,
  pool: number
): number | null {
  // A whole number that rounding left a little above itself is that number.
  const whole = (value: number): number => Math.ceil(value * (1 - 1e-12))
  const disjoint = whole((trial + (image + rest) / images) / variance)
  if (disjoint * images <= pool) return disjoint
  // The whole pool is used, and so at least once.
  const left = variance - image / pool
  return left <= 0 ? null : Math.max(whole(pool / images), whole((trial + rest / images) / left))
}
