/**
 * p-values corrected for many tests by Holm's step-down method: the i-th smallest of m is multiplied by m − i + 1 (i from
 * 1), none becomes smaller than one before it, nor larger than 1. What is null is no test.
 * Source: Holm, Scandinavian Journal of Statistics 6 (1979).
 */
export function holm(p: readonly (number | null)[]): (number | null)[] {
  const tests = [...p.entries()]
    .filter((entry): entry is [number, number] => entry[1] !== null)
    .sort(([, a], [, b]) => a - b)
  const corrected: (number | null)[] = p.map(() => null)
  let most = 0
  tests.forEach(([index, value], i) => {
    most = Math.max(most, Math.min(1, value * (tests.length - i)))
    corrected[index] = most
  })
  return corrected
}
