/** Single decisions of the adaptive protocol, and that they can be replayed. */
import { describe, expect, it } from 'vitest'
import {
  ADAPTIVE_DEFAULTS,
  bestDesign,
  decide,
  paperStandardError,
  replay,
  seenIn,
  trialsOf,
  type AdaptiveOptions,
  type CellSummary,
  type Round
} from '@shared/statistics'
import { seeded } from '../../support/random'

const options: AdaptiveOptions = { ...ADAPTIVE_DEFAULTS, pool: 50_000 }

/** A layer with these components after rounds of trials, every estimate exact. */
function known(rounds: readonly Round[], mean: number, trial: number, within: number): CellSummary {
  const trials = rounds.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  const inverse =
    rounds.reduce((sum, { first, last, images }) => sum + (last - first + 1) / images, 0) / trials
  const variance = trial + within * inverse
  const observations = rounds.reduce((sum, { first, last, images }) => sum + (last - first + 1) * images, 0)
  return {
    mean,
    std: Math.sqrt(variance),
    standardError: Math.sqrt(variance / trials),
    degreesOfFreedom: trials - 1,
    interval: [0, 1],
    components: { trial, image: null, rest: null, within },
    trials,
    images: observations,
    observations
  }
}

const rounds = (...given: [trials: number, images: number][]): Round[] => {
  let first = 0
  return given.map(([trials, images]) => {
    const round = { first, last: first + trials - 1, images }
    first += trials
    return round
  })
}

describe('the next round', () => {
  it('first is a pilot of 16 trials of 2 images, within the limits', () => {
    const pilot = (changes: Partial<AdaptiveOptions>) => decide([], null, { ...options, ...changes })
    expect(pilot({})).toEqual({ kind: 'measure', round: { first: 0, last: 15, images: 2 } })
    expect(pilot({ passes: 9 })).toEqual({ kind: 'measure', round: { first: 0, last: 3, images: 2 } })
    expect(pilot({ pool: 1, trials: 3 })).toEqual({
      kind: 'measure',
      round: { first: 0, last: 2, images: 1 }
    })
    expect(pilot({ passes: 0 })).toMatchObject({ kind: 'stop', reason: 'passes' })
  })

  it('takes one image a trial where trials differ most', () => {
    const done = rounds([16, 2], [48, 2])
    const decision = decide(done, known(done, 0.5, 0.04, 0.01), options)
    expect(decision).toEqual({ kind: 'measure', round: { first: 64, last: 127, images: 1 } })
  })

  it('takes more where images differ most, and yet more where draws are dear, for at most 1.4 times the passes', () => {
    const done = rounds([64, 4], [64, 4])
    const summary = known(done, 0.5, 0.0004, 0.16)
    const imagesOf = (drawCost: number): number => {
      const decision = decide(done, summary, { ...options, drawCost })
      return decision.kind === 'measure' ? decision.round.images : NaN
    }
    // σ²_trial enters as 0.0004 + 0.0404 · √(2/127) = 0.0055: icc 0.033, 1 + (n − 1) icc ≤ 1.4 means n ≤ 13.
    expect(imagesOf(0)).toBeGreaterThanOrEqual(4)
    expect(imagesOf(0)).toBeLessThan(imagesOf(100))
    expect(imagesOf(100)).toBeLessThanOrEqual(13)
  })

  it('is as long as what is missing, and at most doubles the trials', () => {
    const done = rounds([256, 1])
    // (0.02 + 0.01) / 0.01² = 300 trials are needed, and some for the rule's margin.
    const decision = decide(done, known(done, 0.5, 0.02, 0.01), options)
    if (decision.kind === 'stop') throw new Error(decision.reason)
    expect(decision.round.first).toBe(256)
    expect(decision.round.last + 1).toBeGreaterThan(300)
    expect(decision.round.last + 1).toBeLessThan(345)
    const far = decide(done, known(done, 0.5, 0.2, 0.01), options)
    expect(far).toMatchObject({ round: { first: 256, last: 511 } })
  })
})

describe('the end', () => {
  it.each([
    // Equal trials near 0: T + 1 ≥ L / (s √1.5) = 81.6.
    [80, 0.01, 'measure'],
    [81, 0.01, 'stop'],
    // A target of 5 points: 64 are the least.
    [63, 0.05, 'measure'],
    [64, 0.05, 'stop'],
    // Of 0.1: 816, but from 512 on it is not asked for.
    [511, 0.001, 'measure'],
    [512, 0.001, 'stop']
  ])('%i equal trials, target %d: %s', (trials, target, kind) => {
    const done = rounds([trials, 2])
    expect(decide(done, known(done, 0, 0, 0), { ...options, target }).kind).toBe(kind)
  })

  it('asks for a margin that shrinks with the trials', () => {
    // SE² (1 + √(2/99) / 2) = SE² · 1.071: SE may be 0.9663 of the target.
    const done = rounds([100, 1])
    const reached = (share: number): boolean => {
      const summary = known(done, 0.5, 100 * (0.02 * share) ** 2, 0)
      return decide(done, summary, { ...options, target: 0.02 }).kind === 'stop'
    }
    expect(reached(0.966)).toBe(true)
    expect(reached(0.967)).toBe(false)
  })

  it('nothing could be measured', () => {
    expect(decide(rounds([16, 2]), null, options)).toMatchObject({ kind: 'stop', reason: 'trials' })
  })
})

describe('replay', () => {
  const target = 0.01
  const distancesOf = (trial: number, images: number): number[] => {
    const random = seeded(1000 + trial)
    const level = 0.3 + 0.1 * random.normal()
    return Array.from({ length: images }, () => level + 0.2 * (random.uniform() - 0.5))
  }
  const imagesOf = (trial: number, images: number): number[] =>
    Array.from({ length: images }, (_, i) => (trial * 101 + i) % 50_000)

  /** Measures whatever is missing, in the order given, and is asked anew after each trial. */
  function run(order: (missing: readonly number[]) => number) {
    const measured = new Map<number, number>()
    const states = []
    for (;;) {
      const state = replay(
        (trial, images) =>
          (measured.get(trial) ?? 0) < images
            ? null
            : { images: imagesOf(trial, images), distances: distancesOf(trial, images) },
        { ...options, target }
      )
      if (state.decision.kind === 'stop') return { ...state, measured, states }
      states.push(state.rounds.length)
      measured.set(order(state.missing), state.decision.round.images)
    }
  }

  it('comes to the same end in whatever order trials were measured', () => {
    const forwards = run((missing) => missing[0]!)
    const backwards = run((missing) => missing.at(-1)!)
    expect(forwards.decision).toMatchObject({ kind: 'stop', reason: 'reached' })
    expect(backwards.decision).toEqual(forwards.decision)
    expect(backwards.rounds).toEqual(forwards.rounds)
    expect(forwards.rounds.flatMap(trialsOf)).toEqual([...Array(forwards.measured.size).keys()])
    expect(forwards.rounds.length).toBeGreaterThan(2)
    expect(forwards.summary!.trials).toBe(forwards.measured.size)
  })

  it('leaves failed trials out', () => {
    const state = replay(
      (trial, images) =>
        trial === 3 ? 'failed' : { images: imagesOf(trial, images), distances: distancesOf(trial, images) },
      { ...options, target }
    )
    expect(state.decision).toMatchObject({ kind: 'stop', reason: 'reached' })
    expect(state.summary!.trials).toBe(state.rounds.flatMap(trialsOf).length - 1)
  })
})

describe('designs', () => {
  const components = { trial: 0.0004, image: 0.01, rest: 0.02 }

  it("the paper's standard error is its formula", () => {
    // 0.0004/3 + 0.01/10000 + 0.02/30000.
    expect(paperStandardError(components)).toBeCloseTo(Math.sqrt(1.35e-4), 12)
    expect(paperStandardError(components, { images: 100, trials: 2 })).toBeCloseTo(Math.sqrt(4e-4), 12)
  })

  it('one image a trial is the cheapest, unless trials have a least number', () => {
    // 0.0304 / 0.0001.
    expect(bestDesign(components, 0.01)).toEqual({ trials: 304, images: 1, passes: 304 })
    expect(bestDesign(components, 0.1)).toEqual({ trials: 4, images: 1, passes: 4 })
    expect(bestDesign(components, 0.1, { least: 64 })).toEqual({ trials: 64, images: 1, passes: 64 })
    expect(bestDesign({ trial: 0.01, image: 0, rest: 0 }, 0.01)).toEqual({
      trials: 100,
      images: 1,
      passes: 100
    })
  })

  it('a small pool needs more, or is too small', () => {
    // 0.0001 − 0.01 / 200 leaves 0.00005 for 0.0204 / T.
    expect(bestDesign(components, 0.01, { pool: 200 })).toEqual({ trials: 408, images: 1, passes: 408 })
    expect(bestDesign(components, 0.01, { pool: 100 })).toBeNull()
  })

  it('uses up the pool where a design is said to have used all of it', () => {
    // Of one image a trial: (σ²_trial + σ²_image + σ²_rest) / SE² trials, a little less than the pool.
    const images = { trial: 1.1e-7, image: 0.0689, rest: 8.5e-7 }
    const variance = 1.1e-7 / 3 + 0.0689 / 10_000 + 8.5e-7 / 30_000
    const target = paperStandardError(images)
    expect(target ** 2).toBeCloseTo(variance, 12)
    expect(bestDesign(images, target, { pool: 10_000 })!.passes).toBe(Math.ceil((0.0689 + 9.6e-7) / variance))
  })

  it('is the cheapest of all designs', () => {
    for (const [target, least] of [
      [0.01, 50],
      [0.02, 30],
      [0.005, 2]
    ] as const) {
      // prettier-ignore
      let fewest = Infinity
      for (let trials = least; trials < 3000; trials++)
        for (let images = 1; images < 60; images++)
          if (0.0004 / trials + 0.03 / (trials * images) <= target ** 2 * (1 + 1e-12))
            fewest = Math.min(fewest, trials * images)
      expect(bestDesign(components, target, { least })!.passes).toBe(fewest)
    }
  })
})

describe('trials that go on', () => {
  it('replace what they had seen before', () => {
    const seen = seenIn([
      { first: 0, last: 15, images: 2 },
      { first: 0, last: 15, images: 6 },
      { first: 16, last: 63, images: 16 }
    ])
    expect(seen).toEqual([
      { first: 0, last: 15, images: 6 },
      { first: 16, last: 63, images: 16 }
    ])
  })

  it('are the early ones, where later ones are to see far more images', () => {
    // Spread within trials alone, 0.01: 2,500 passes to a target of 0.2 points, of some 64 trials.
    const done = rounds([16, 2])
    const summary = known(done, 0.001, 0, 0.01)
    const decision = decide(done, summary, { ...options, target: 0.002 })
    expect(decision).toEqual({ kind: 'measure', round: { first: 0, last: 15, images: 6 } })
  })

  it('add only their further images, and a replay sees what was decided then', () => {
    // Distances of a trial, in order: 0, then 0.2 and 0 in turns.
    const stored = (trial: number, images: number) => ({
      images: Array.from({ length: images }, (_, i) => 1000 * trial + i),
      distances: Array.from({ length: images }, (_, i) => (i % 2 === 1 ? 0.2 : 0))
    })
    const all = { ...options, target: 0.001, pool: 1_000_000 }
    const { rounds: done, summary } = replay((trial, images) => stored(trial, images), all)
    const passes = seenIn(done).reduce((sum, { first, last, images }) => sum + (last - first + 1) * images, 0)
    expect(summary!.observations).toBe(passes)
    expect(done.some(({ first }, i) => i > 0 && first === 0)).toBe(true)
    // As soon as nothing more than the first rounds is stored, the next of them is what is missing.
    const limit = done[1]!.images
    const { decision } = replay((trial, images) => (images > limit ? null : stored(trial, images)), all)
    expect(decision).toEqual({ kind: 'measure', round: done.find(({ images }) => images > limit) })
  })
})
