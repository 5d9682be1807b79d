/** Simulated layers for the adaptive protocol: distances in [0, 1], as a trained network's perturbed layers give them. */
import {
  ADAPTIVE_DEFAULTS,
  CellStatistics,
  decide,
  type AdaptiveOptions,
  type CellSummary,
  type KnownComponents,
  type Round,
  type StopReason
} from '@shared/statistics'
import { trialImages, type TrialImages } from '../../src/main/perturbations/trial-images'
import type { Random } from './random'

export interface LayerModel {
  readonly name: string
  /** The true criticality: expectation of the trials'. */
  readonly truth: number
  /** Criticality m of a trial, in [0, 1]. */
  trial(random: Random): number
  /** Distance of an image in a trial, for u uniform in (0, 1); its expectation is m. */
  distance(m: number, u: number): number
  /** Probability with which u is the image's own, the same in all such trials, and not fresh. */
  readonly own: number
}

type Images = Pick<LayerModel, 'distance' | 'own'>

/** Uniform about m, up to `width` of the way to the nearer end of [0, 1]. */
export const spreadImages = (width: number, own = 0.6): Images => ({
  distance: (m, u) => m + Math.min(m, 1 - m) * width * (2 * u - 1),
  own
})

/** Predictions change wholly or hardly: `low` or `high`. */
export const flippedImages = (low: number, high: number, own = 0.6): Images => ({
  distance: (m, u) => (u < (m - low) / (high - low) ? high : low),
  own
})

export interface Outcome {
  readonly summary: CellSummary
  readonly reason: StopReason
  readonly passes: number
  readonly rounds: readonly Round[]
}

const pools = new Map<number, TrialImages>()

/** Runs the protocol on a layer. Which images a trial sees is the same in all simulations; what they do is not. */
export function simulate(
  model: LayerModel,
  random: Random,
  given: Partial<AdaptiveOptions> & { readonly target: number }
): Outcome {
  const options: AdaptiveOptions = { ...ADAPTIVE_DEFAULTS, pool: 50_000, ...given }
  const images = pools.get(options.pool) ?? trialImages(1, options.pool)
  pools.set(options.pool, images)
  const effects = new Map<number, number>()
  const cell = new CellStatistics()
  const rounds: Round[] = []
  const trials = new Map<number, { mean: number; images: number }>()
  let passes = 0
  for (;;) {
    const summary = cell.isEmpty ? null : cell.summary()
    const decision = decide(rounds, summary, options)
    if (decision.kind === 'stop') return { summary: summary!, reason: decision.reason, passes, rounds }
    const { round } = decision
    rounds.push(round)
    for (let trial = round.first; trial <= round.last; trial++) {
      const known = trials.get(trial) ?? { mean: model.trial(random), images: 0 }
      trials.set(trial, { ...known, images: round.images })
      const { mean } = known
      const seen = images.of(trial, round.images).subarray(known.images)
      const distances = Float64Array.from(seen, (image) => {
        if (random.uniform() >= model.own) return model.distance(mean, random.uniform())
        const effect = effects.get(image) ?? random.uniform()
        effects.set(image, effect)
        return model.distance(mean, effect)
      })
      cell.add(trial, seen, distances)
      passes += seen.length
    }
  }
}

/** Variance components of a model, by simulation. */
export function componentsOf(model: LayerModel, random: Random, repetitions = 400_000): KnownComponents {
  let [sum, squares, within, products] = [0, 0, 0, 0]
  for (let k = 0; k < repetitions; k++) {
    const [a, b, u] = [model.trial(random), model.trial(random), random.uniform()]
    const [da, db] = [model.distance(a, u) - a, model.distance(b, u) - b]
    sum += a
    squares += a * a
    within += da * da
    products += da * db
  }
  const image = (model.own ** 2 * products) / repetitions
  return {
    trial: Math.max(0, squares / repetitions - (sum / repetitions) ** 2),
    image,
    rest: within / repetitions - image
  }
}

/** Trials of many kinds, with images of moderate spread. */
export const TRIAL_KINDS: readonly LayerModel[] = [
  {
    name: 'normal',
    truth: 0.5,
    // Cut beyond 6 standard deviations alike on both sides.
    trial: (random) => Math.min(0.98, Math.max(0.02, 0.5 + 0.08 * random.normal())),
    ...spreadImages(0.9)
  },
  {
    name: 'normal, small spread',
    truth: 0.3,
    trial: (random) => Math.min(0.6, Math.max(0, 0.3 + 0.02 * random.normal())),
    ...spreadImages(1)
  },
  { name: 'no spread', truth: 0.2, trial: () => 0.2, ...spreadImages(1) },
  {
    name: 'exponential',
    // E min(x, b) = 1 − exp(−b) for x exponential of mean 1.
    truth: 0.05 + 0.08 * (1 - Math.exp(-0.9 / 0.08)),
    trial: (random) => Math.min(0.95, 0.05 + 0.08 * random.exponential()),
    ...spreadImages(0.9)
  },
  {
    name: 'beta, skewed',
    truth: 1 / 9,
    trial: (random) => random.beta(1, 8),
    ...spreadImages(0.9)
  },
  {
    name: 'beta, high and skewed',
    truth: 0.9,
    trial: (random) => random.beta(18, 2),
    ...spreadImages(0.9)
  },
  {
    name: '30/70, far apart',
    truth: 0.38,
    trial: (random) => (random.uniform() < 0.3 ? 0.8 : 0.2),
    ...spreadImages(0.9)
  },
  {
    name: '10/90, far apart',
    truth: 0.18,
    trial: (random) => (random.uniform() < 0.1 ? 0.9 : 0.1),
    ...spreadImages(0.9)
  },
  {
    name: '10/90, near',
    truth: 0.13,
    trial: (random) => (random.uniform() < 0.1 ? 0.4 : 0.1),
    ...spreadImages(0.9)
  },
  {
    name: '90/10, high',
    truth: 0.87,
    trial: (random) => (random.uniform() < 0.1 ? 0.6 : 0.9),
    ...spreadImages(0.9)
  },
  {
    name: '10/90, spread in both',
    truth: 0.15,
    trial: (random) =>
      random.uniform() < 0.1
        ? Math.min(1, Math.max(0.2, 0.6 + 0.1 * random.normal()))
        : Math.min(0.2, Math.max(0, 0.1 + 0.03 * random.normal())),
    ...spreadImages(0.9)
  },
  {
    name: 'images change wholly or hardly',
    truth: 0.06,
    trial: (random) => Math.min(0.11, Math.max(0.01, 0.06 + 0.02 * random.normal())),
    ...flippedImages(0.002, 0.95)
  }
]

/**
 * Layers as they were found in trained ResNets (two-way analysis of variance of 30 trials × 400 images): between trials 0 to
 * 11 points, between images 1 to 39. `points` is the standard deviation of the trials' criticality, even about `truth`.
 */
const resnetLayer = (truth: number, points: number, images: Images): LayerModel => ({
  name: `${String(100 * truth)} % ± ${String(points)}`,
  truth,
  // Beta(3, 3) has the variance 1/28.
  trial: (random) =>
    points === 0 ? truth : truth + (points / 100) * Math.sqrt(28) * (random.beta(3, 3) - 0.5),
  ...images
})

const flipped = flippedImages(0, 1)

export const RESNET_LAYERS: readonly LayerModel[] = [
  // Hardly used: few images change, all trials alike.
  resnetLayer(0.002, 0, spreadImages(1)),
  resnetLayer(0.02, 0, spreadImages(1)),
  resnetLayer(0.02, 0.1, flippedImages(0.005, 0.9)),
  resnetLayer(0.03, 0.3, flippedImages(0.005, 0.9)),
  resnetLayer(0.05, 0.5, flippedImages(0.01, 0.9)),
  resnetLayer(0.05, 0.7, spreadImages(1)),
  resnetLayer(0.08, 1, flippedImages(0.01, 0.9)),
  resnetLayer(0.1, 1.2, flippedImages(0.01, 0.95)),
  resnetLayer(0.1, 1.5, spreadImages(1)),
  resnetLayer(0.15, 2, flippedImages(0.01, 0.95)),
  resnetLayer(0.2, 2, flipped),
  resnetLayer(0.2, 3, spreadImages(0.9)),
  resnetLayer(0.25, 3, flipped),
  resnetLayer(0.3, 4, flippedImages(0.1, 0.9)),
  resnetLayer(0.3, 5, spreadImages(0.8)),
  resnetLayer(0.4, 6, flippedImages(0.1, 0.9)),
  resnetLayer(0.4, 8, spreadImages(0.9)),
  resnetLayer(0.5, 11, flippedImages(0.1, 0.9)),
  resnetLayer(0.5, 9, spreadImages(0.5)),
  resnetLayer(0.6, 7, flippedImages(0.2, 0.99)),
  resnetLayer(0.6, 5, spreadImages(0.6)),
  resnetLayer(0.7, 4, flipped),
  resnetLayer(0.7, 3, spreadImages(0.9)),
  resnetLayer(0.8, 5, flippedImages(0.1, 1)),
  resnetLayer(0.8, 2, spreadImages(0.9)),
  resnetLayer(0.9, 2, spreadImages(1)),
  resnetLayer(0.95, 0.8, spreadImages(1))
]
