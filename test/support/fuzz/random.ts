/** A number from 0 to below `below`, whole. */
export type Random = (below: number) => number

/** mulberry32. */
export function generator(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

export function oneOf<T>(random: Random, values: readonly T[]): T {
  return values[random(values.length)]!
}
