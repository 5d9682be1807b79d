/** Rank correlations with the p-values that scipy.stats gives (two-sided). */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf'
import tCdf from '@stdlib/stats-base-dists-t-cdf'
import { mean } from './descriptive'

export interface Correlation {
  /** Null where it is undefined: fewer than two pairs, or one side constant. */
  readonly coefficient: number | null
  readonly p: number | null
  readonly n: number
}

/** Ranks from 1, ties averaged. */
export function ranks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0))
  const result = new Array<number>(values.length).fill(0)
  for (let start = 0; start < order.length;) {
    let end = start + 1
    while (end < order.length && values[order[end] ?? 0] === values[order[start] ?? 0]) end++
    for (let i = start; i < end; i++) result[order[i] ?? 0] = (start + 1 + end) / 2
    start = end
  }
  return result
}

function pearson(x: readonly number[], y: readonly number[]): number {
  const mx = mean(x)
  const my = mean(y)
  let xy = 0
  let xx = 0
  let yy = 0
  x.forEach((value, i) => {
    const dx = value - mx
    const dy = (y[i] ?? 0) - my
    xy += dx * dy
    xx += dx * dx
    yy += dy * dy
  })
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)))
}

const isConstant = (values: readonly number[]): boolean => values.every((value) => value === values[0])

/** Spearman's ρ; p from Student's t with n − 2 degrees of freedom, as scipy.stats.spearmanr. */
export function spearman(x: readonly number[], y: readonly number[]): Correlation {
  const n = x.length
  if (n < 2 || isConstant(x) || isConstant(y)) return { coefficient: null, p: null, n }
  const rho = pearson(ranks(x), ranks(y))
  const freedom = n - 2
  if (freedom === 0) return { coefficient: rho, p: null, n }
  if (Math.abs(rho) === 1) return { coefficient: rho, p: 0, n }
  const t = rho * Math.sqrt(freedom / ((rho + 1) * (1 - rho)))
  return { coefficient: rho, p: 2 * tCdf(-Math.abs(t), freedom), n }
}

/** Sizes of groups of equal values. */
function ties(values: readonly number[]): number[] {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts.values()].filter((count) => count > 1)
}

const sumOver = (sizes: readonly number[], f: (t: number) => number): number =>
  sizes.reduce((sum, t) => sum + f(t), 0)

/** Kendall's τ-b; p exact or asymptotic by the rule of scipy.stats.kendalltau(method="auto"). */
export function kendall(x: readonly number[], y: readonly number[]): Correlation {
  const n = x.length
  if (n < 2 || isConstant(x) || isConstant(y)) return { coefficient: null, p: null, n }
  let difference = 0
  let discordant = 0
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const sign = Math.sign((x[i] ?? 0) - (x[j] ?? 0)) * Math.sign((y[i] ?? 0) - (y[j] ?? 0))
      difference += sign
      if (sign < 0) discordant++
    }
  }
  const pairs = (n * (n - 1)) / 2
  const xTies = ties(x)
  const yTies = ties(y)
  const tied = (sizes: readonly number[]): number => sumOver(sizes, (t) => (t * (t - 1)) / 2)
  const tau = difference / Math.sqrt(pairs - tied(xTies)) / Math.sqrt(pairs - tied(yTies))
  const coefficient = Math.max(-1, Math.min(1, tau))
  const untied = xTies.length === 0 && yTies.length === 0
  const exact = untied && (n <= 33 || Math.min(discordant, pairs - discordant) <= 1)
  return {
    coefficient,
    p: exact ? kendallExact(n, discordant) : kendallNormal(n, difference, xTies, yTies),
    n
  }
}

/** Share of the n! orders that have at most `discordant` inversions, two-sided. Source: Kendall, 1970. */
function kendallExact(n: number, discordant: number): number {
  const pairs = (n * (n - 1)) / 2
  const reached = Math.min(discordant, pairs - discordant)
  if (2 * reached === pairs) return 1
  // Probabilities, not counts, of k inversions among m items: no overflow.
  let probabilities = new Float64Array(reached + 1)
  probabilities[0] = 1
  for (let m = 2; m <= n; m++) {
    const next = new Float64Array(reached + 1)
    let window = 0
    for (let k = 0; k <= reached; k++) {
      window += probabilities[k] ?? 0
      if (k >= m) window -= probabilities[k - m] ?? 0
      next[k] = window / m
    }
    probabilities = next
  }
  return Math.min(1, 2 * probabilities.reduce((sum, value) => sum + value, 0))
}

function kendallNormal(
  n: number,
  difference: number,
  xTies: readonly number[],
  yTies: readonly number[]
): number {
  const m = n * (n - 1)
  const pairsTimesSize = (sizes: readonly number[]): number =>
    sumOver(sizes, (t) => t * (t - 1) * (2 * t + 5))
  const pairsOf = (sizes: readonly number[]): number => sumOver(sizes, (t) => (t * (t - 1)) / 2)
  const triplesOf = (sizes: readonly number[]): number => sumOver(sizes, (t) => t * (t - 1) * (t - 2))
  const variance =
    (m * (2 * n + 5) - pairsTimesSize(xTies) - pairsTimesSize(yTies)) / 18 +
    (2 * pairsOf(xTies) * pairsOf(yTies)) / m +
    (n > 2 ? (triplesOf(xTies) * triplesOf(yTies)) / (9 * m * (n - 2)) : 0)
  return Math.min(1, 2 * normalCdf(-Math.abs(difference) / Math.sqrt(variance), 0, 1))
}
