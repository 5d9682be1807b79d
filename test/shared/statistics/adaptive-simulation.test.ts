/** The adaptive protocol on simulated layers: its intervals cover, and it takes few passes. The long version is a bench. */
import { describe, expect, it } from 'vitest'
import { bestDesign, LEAST_TRIALS, paperStandardError } from '@shared/statistics'
import { componentsOf, RESNET_LAYERS, simulate, TRIAL_KINDS } from '../../support/adaptive'
import { seeded } from '../../support/random'

describe('nominal 95 % intervals cover between 93 and 97 %', () => {
  const repetitions = 700
  // Two standard errors of the count of these repetitions beyond either end.
  const least = 0.93 - 2 * Math.sqrt((0.93 * 0.07) / repetitions)
  const most = 0.97 + 2 * Math.sqrt((0.97 * 0.03) / repetitions)

  it.each([
    ['normal', 0.02],
    ['normal, small spread', 0.01],
    ['exponential', 0.01],
    ['beta, skewed', 0.02],
    ['30/70, far apart', 0.03],
    ['10/90, near', 0.01],
    ['10/90, far apart', 0.02],
    ['10/90, far apart', 0.05],
    ['90/10, high', 0.03]
  ])('%s, to %d', (name, target) => {
    const model = TRIAL_KINDS.find((kind) => kind.name === name)!
    const random = seeded(21)
    let covered = 0
    for (let k = 0; k < repetitions; k++) {
      const { summary, reason } = simulate(model, random, { target, pool: 5000 })
      const [low, high] = summary.interval!
      if (low <= model.truth && model.truth <= high) covered++
      expect(reason).toBe('reached')
      expect(summary.standardError).toBeLessThanOrEqual(target)
    }
    expect(covered / repetitions).toBeGreaterThan(least)
    expect(covered / repetitions).toBeLessThan(most)
  })
})

it('takes at most twice the passes of the best designs to the standard error of 3 trials of 10,000 images', () => {
  const random = seeded(5)
  const repetitions = 3
  let [passes, best, paper] = [0, 0, 0]
  const layers = RESNET_LAYERS.map((model) => {
    const components = componentsOf(model, random, 50_000)
    const target = paperStandardError(components)
    const design = bestDesign(components, target, { pool: 50_000 })!
    let own = 0
    for (let k = 0; k < repetitions; k++) own += simulate(model, random, { target }).passes / repetitions
    passes += own
    best += design.passes
    paper += 30_000
    return { name: model.name, own, best: design.passes }
  })
  expect(passes / best, JSON.stringify(layers)).toBeLessThan(2)
  expect(paper / passes).toBeGreaterThan(7)
  // No single layer is far off: what its least number of trials and its pilot take, or three times its best.
  for (const { name, own, best: fewest } of layers)
    expect(own, name).toBeLessThan(3 * fewest + 4 * LEAST_TRIALS)
})

it('few trials that are equal by luck do not end it', () => {
  // One trial in fifty changes everything. Seen or not, there are at least 0.8 L / s trials.
  const model = {
    ...TRIAL_KINDS[0]!,
    truth: 0.02,
    trial: (random: { uniform(): number }) => (random.uniform() < 0.02 ? 0.99 : 0.0002),
    own: 0
  }
  const random = seeded(9)
  let unseen = 0
  for (let k = 0; k < 300; k++) {
    const { summary } = simulate(model, random, { target: 0.01, pool: 5000 })
    expect(summary.trials).toBeGreaterThanOrEqual(80)
    if (summary.mean < 0.005) unseen++
    // Where the mode was seen, its share of the variance is: 0.98 · 0.02 · 0.99² / 0.0001 = 192 trials, or near it.
    else expect(summary.trials).toBeGreaterThan(100)
  }
  // 0.98 to the power 82 is 0.19; three standard errors of 300 repetitions above it: 0.26.
  expect(unseen / 300).toBeLessThan(0.26)
})

it('a pool that is too small for the target ends it, with that reason', () => {
  // All trials alike, images of their own: σ_image = 0.5 · 0.9 / √3 = 0.26 of 200 leaves 0.018 whatever the trials.
  const model = { ...TRIAL_KINDS[0]!, trial: () => 0.5, own: 1 }
  const { reason, summary, passes } = simulate(model, seeded(3), { target: 0.005, pool: 200 })
  expect(reason).toBe('images')
  expect(summary.images).toBe(200)
  expect(summary.standardError).toBeGreaterThan(0.015)
  expect(summary.standardError).toBeLessThan(0.025)
  expect(passes).toBeLessThan(5000)
})

it('a budget ends it', () => {
  const model = TRIAL_KINDS.find(({ name }) => name === 'normal')!
  const passes = simulate(model, seeded(3), { target: 0.001, passes: 500 })
  expect(passes.reason).toBe('passes')
  expect(passes.passes).toBeLessThanOrEqual(500)
  expect(passes.passes).toBeGreaterThan(450)
  const trials = simulate(model, seeded(3), { target: 0.001, trials: 100 })
  expect(trials.reason).toBe('trials')
  expect(trials.summary.trials).toBe(100)
})
