/** Seeded random numbers for simulations: xoshiro128** (Blackman, Vigna 2018), seeded by splitmix32. */
export interface Random {
  /** U(0, 1), never 0. */
  uniform(): number
  normal(): number
  /** Exponential of mean 1. */
  exponential(): number
  /** Beta(a, b). */
  beta(a: number, b: number): number
  integer(below: number): number
}

export function seeded(seed: number): Random {
  const state = new Uint32Array(4)
  for (let i = 0, z = seed >>> 0; i < 4; i++) {
    z = (z + 0x9e3779b9) >>> 0
    let word = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97)
    state[i] = word ^ (word >>> 15)
  }
  const next = (): number => {
    const [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!]
    const product = Math.imul(b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const [c2, d2] = [c ^ a, d ^ b]
    state[1] = b ^ c2
    state[0] = a ^ d2
    state[2] = c2 ^ (b << 9)
    state[3] = (d2 << 11) | (d2 >>> 21)
    return result
  }
  const uniform = (): number => (next() + 0.5) / 4294967296
  let spare: number | null = null
  const normal = (): number => {
    if (spare !== null) {
      const value = spare
      spare = null
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(uniform()))
    const angle = 2 * Math.PI * uniform()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
  /** Source: Marsaglia and Tsang 2000. */
  const gamma = (shape: number): number => {
    if (shape < 1) return gamma(shape + 1) * uniform() ** (1 / shape)
    const d = shape - 1 / 3
    for (;;) {
      const x = normal()
      const v = (1 + x / Math.sqrt(9 * d)) ** 3
      if (v > 0 && Math.log(uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
    }
  }
  return {
    uniform,
    normal,
    exponential: () => -Math.log(uniform()),
    beta(a, b) {
      const x = gamma(a)
      return x / (x + gamma(b))
    },
    integer: (below) => Math.floor(uniform() * below)
  }
}
