/** Exact tests of counts, for the few images of a check, where normal approximations do not hold. */

/** P(X ≥ `successes`) of X ~ Binomial(`n`, `p`), 0 < p < 1. */
export function binomialTail(successes: number, n: number, p: number): number {
  if (successes <= 0) return 1
  let logTerm = n * Math.log1p(-p)
  let tail = 0
  for (let k = 0; k <= n; k++) {
    if (k >= successes) tail += Math.exp(logTerm)
    logTerm += Math.log(n - k) - Math.log(k + 1) + Math.log(p) - Math.log1p(-p)
  }
  return Math.min(1, tail)
}

/**
 * One-sided p-value that what changed for the better did so by chance: of the cases that changed, each side is as
 * likely. Source: McNemar's test in its exact form.
 */
export function signTest(gained: number, lost: number): number {
  return binomialTail(gained, gained + lost, 0.5)
}
