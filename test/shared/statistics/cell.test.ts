/** Mean, standard error and variance components of trials over any images: by algebra, and by simulation. */
import { describe, expect, it } from 'vitest'
import { CellStatistics, type CellSummary, type ImageSet } from '@shared/statistics'
import { seeded, type Random } from '../../support/random'

type Trial = readonly [images: ImageSet, distances: readonly number[]]

function cellOf(trials: readonly Trial[]): CellStatistics {
  const cell = new CellStatistics()
  trials.forEach(([images, distances], t) => cell.add(t, images, distances))
  return cell
}

const whole = (distances: readonly number[]): Trial => [{ start: 0, count: distances.length }, distances]

/** Mean squares of the two-way layout without replication, straight from their definition. */
function meanSquares(rows: readonly (readonly number[])[]): { trial: number; image: number; rest: number } {
  const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  const [T, N] = [rows.length, rows[0]!.length]
  const grand = average(rows.flat())
  const images = rows[0]!.map((_, i) => average(rows.map((row) => row[i]!)))
  const rest = rows.flatMap((row) => row.map((d, i) => (d - average(row) - images[i]! + grand) ** 2))
  return {
    trial: (N * rows.reduce((sum, row) => sum + (average(row) - grand) ** 2, 0)) / (T - 1),
    image: (T * images.reduce((sum, mean) => sum + (mean - grand) ** 2, 0)) / (N - 1),
    rest: rest.reduce((a, b) => a + b, 0) / ((T - 1) * (N - 1))
  }
}

describe('all trials see the same images', () => {
  const random = seeded(1)
  const effects = Array.from({ length: 12 }, () => 0.1 * random.normal())
  const rows = Array.from({ length: 5 }, () => {
    const trial = 0.08 * random.normal()
    return effects.map((image) => 0.5 + trial + image + 0.05 * random.normal())
  })
  const squares = meanSquares(rows)
  const summary = cellOf(rows.map(whole)).summary()

  it('it is the two-way analysis of variance', () => {
    const sum = squares.trial + squares.image - squares.rest
    expect(summary.standardError).toBeCloseTo(Math.sqrt(sum / 60), 12)
    expect(summary.components.trial).toBeCloseTo((squares.trial - squares.rest) / 12, 12)
    expect(summary.components.image).toBeCloseTo((squares.image - squares.rest) / 5, 12)
    expect(summary.components.rest).toBeCloseTo(squares.rest, 12)
    expect(summary).toMatchObject({ trials: 5, images: 12, observations: 60 })
    // Satterthwaite, of a sum of three mean squares with 4, 11 and 44 degrees of freedom.
    const freedom = sum ** 2 / (squares.trial ** 2 / 4 + squares.image ** 2 / 11 + squares.rest ** 2 / 44)
    expect(summary.degreesOfFreedom).toBeCloseTo(freedom, 9)
  })

  it('lists, pieces and their order make no difference', () => {
    const cell = new CellStatistics()
    for (const t of [3, 0, 4, 1, 2]) cell.add(t, [7, 5, 6], [rows[t]![7]!, rows[t]![5]!, rows[t]![6]!])
    for (const t of [1, 2, 0, 4, 3]) {
      cell.add(t, { start: 8, count: 4 }, rows[t]!.slice(8))
      cell.add(t, { start: 0, count: 5 }, rows[t]!.slice(0, 5))
    }
    expectClose(cell.summary(), summary)
    const shards = new CellStatistics()
    for (const start of [0, 3, 6, 9])
      rows.forEach((row, t) => shards.add(t, { start, count: 3 }, row.slice(start, start + 3)))
    expectClose(shards.summary(), summary)
  })
})

function expectClose(actual: CellSummary, expected: CellSummary): void {
  const flat = ({ interval, components, ...numbers }: CellSummary): [string, number | null][] =>
    Object.entries({ ...numbers, ...components, low: interval?.[0] ?? null, high: interval?.[1] ?? null })
  const values = new Map(flat(expected))
  for (const [name, value] of flat(actual)) {
    if (value === null) expect(values.get(name), name).toBeNull()
    else expect(value, name).toBeCloseTo(values.get(name)!, 10)
  }
}

describe('trials see other images', () => {
  it('disjoint: the spread of the trial means, nothing else', () => {
    const { standardError, degreesOfFreedom, mean, components, interval } = cellOf([
      [[0, 1], [0.1, 0.3]],
      [[2, 3], [0.5, 0.7]],
      [[4, 5], [0.4, 0.4]]
    ]).summary() // prettier-ignore
    // Means 0.2, 0.6, 0.4: s² = 0.04; within Σ = 0.02 + 0.02 + 0 with 3 degrees of freedom.
    expect(mean).toBeCloseTo(0.4, 12)
    expect(standardError).toBeCloseTo(Math.sqrt(0.04 / 3), 12)
    expect(degreesOfFreedom).toBe(2)
    // t(0.975, 2) = 4.302653 (tables).
    expect(interval![0]).toBe(0)
    expect(interval![1]).toBeCloseTo(0.4 + 4.302653 * Math.sqrt(0.04 / 3), 6)
    expect(components.within).toBeCloseTo(0.04 / 3, 12)
    expect(components.trial).toBeCloseTo(0.04 - 0.04 / 6, 12)
    expect(components).toMatchObject({ image: null, rest: null })
  })

  it('of unequal numbers: the mean of trial means, and 1 / n_t averaged', () => {
    const { mean, std, components } = cellOf([
      [[0], [0.2]],
      [[1, 2, 3], [0.5, 0.6, 0.7]],
      [[4, 5], [0.7, 0.9]]
    ]).summary() // prettier-ignore
    // Means 0.2, 0.6, 0.8; within (0.02 + 0.02) / 3; mean of 1, 1/3, 1/2 is 11/18.
    expect(mean).toBeCloseTo(1.6 / 3, 12)
    expect(std! ** 2).toBeCloseTo((0.28 / 3) * 1, 12)
    expect(components.within).toBeCloseTo(0.04 / 3, 12)
    expect(components.trial).toBeCloseTo(0.28 / 3 - ((0.04 / 3) * 11) / 18, 12)
  })

  it('overlapping in few images: σ²_image is bounded by the spread within trials', () => {
    const { standardError, components } = cellOf([
      [[0, 1], [0.1, 0.3]],
      [[1, 2], [0.5, 0.7]]
    ]).summary() // prettier-ignore
    // s² = 0.08, within = 0.02; one common image of 2 · 2: c̄ = 1/4.
    expect(components).toMatchObject({ image: null, rest: null })
    expect(standardError).toBeCloseTo(Math.sqrt(0.08 / 2 + 0.02 / 4), 12)
  })

  it('overlapping in many: pairs of observations of one image tell σ²_image', () => {
    // Two trials of 20 images, 10 of them common: 0 … 19 and 10 … 29. d = trial + image + rest, image ±0.1 by turns,
    // rest ±0.05 by turns of two, with the other sign in the other trial: all sum to 0 in each trial.
    const row = (start: number, trial: number, sign: number): number[] =>
      Array.from({ length: 20 }, (_, j) => {
        const i = start + j
        return trial + 0.1 * (-1) ** i + sign * 0.05 * (i % 4 < 2 ? 1 : -1)
      })
    const { standardError, components } = cellOf([
      [{ start: 0, count: 20 }, row(0, 0.3, 1)],
      [{ start: 10, count: 20 }, row(10, 0.5, -1)]
    ]).summary()
    // All products of common images are (image + rest)(image − rest).
    const image = (10 * (0.01 - 0.0025)) / (10 * (1 - 1 / 20 - 1 / 20 + 10 / 400))
    expect(components.image).toBeCloseTo(image, 12)
    expect(components.rest).toBeCloseTo((40 * (0.01 + 0.0025)) / 38 - image, 12)
    // c̄ = 10 / 400.
    expect(standardError).toBeCloseTo(Math.sqrt(0.02 / 2 + image * (10 / 400)), 12)
  })

  it('one image a trial: of different images the spread tells all, of one image nothing does', () => {
    expect(cellOf([[[0], [0.1]], [[1], [0.5]]]).summary().standardError).toBeCloseTo(0.2, 12) // prettier-ignore
    expect(cellOf([[[0], [0.1]], [[0], [0.5]]]).summary().standardError).toBeNull() // prettier-ignore
    // Trials of images 0, 0, 1: s² = 0.04, c̄ = 1/3, σ²_image ≤ s² / (1 − 1/3).
    const three = cellOf([[[0], [0.1]], [[0], [0.3]], [[1], [0.5]]]).summary() // prettier-ignore
    expect(three.standardError).toBeCloseTo(Math.sqrt(0.04 / 3 + 0.06 / 3), 12)
    expect(three.components).toEqual({ trial: null, image: null, rest: null, within: null })
  })
})

it('one trial: the spread over images, and no interval', () => {
  const summary = cellOf([whole([0.1, 0.2, 0.3, 0.4])]).summary()
  expect(summary.standardError).toBeCloseTo(Math.sqrt(0.05 / 3 / 4), 12)
  expect(summary).toMatchObject({ std: null, degreesOfFreedom: null, interval: null, trials: 1, images: 4 })
})

it('equal distances have no spread, whatever their digits', () => {
  const summary = cellOf([whole([0.1, 0.1, 0.1]), whole([0.1, 0.1, 0.1]), [[7, 9], [0.1, 0.1]]]).summary() // prettier-ignore
  expect(summary).toMatchObject({ mean: 0.1, std: 0, standardError: 0, interval: [0.1, 0.1] })
})

it('means known more precisely than the distances take their place, weighted by images', () => {
  const cell = new CellStatistics()
  cell.add(0, { start: 0, count: 2 }, [0.25, 0.5], 0.375001).add(0, { start: 2, count: 1 }, [0.75], 0.75)
  cell.add(1, { start: 0, count: 3 }, [0.5, 0.5, 0.5], 0.500002)
  expect(cell.summary().mean).toBeCloseTo(((2 * 0.375001 + 0.75) / 3 + 0.500002) / 2, 12)
})

describe('the squared standard error is unbiased', () => {
  const [sigmaTrial, sigmaImage, sigmaRest] = [0.1, 0.08, 0.06]
  const range = (start: number, count: number): number[] => Array.from({ length: count }, (_, i) => start + i)
  /** Images of each trial, and the variance of the mean by its definition: the weight of each effect squared. */
  const designs: Record<string, number[][]> = {
    crossed: Array.from({ length: 6 }, () => range(0, 20)),
    disjoint: Array.from({ length: 12 }, (_, t) => range(5 * t, 5)),
    overlapping: Array.from({ length: 12 }, (_, t) => range(4 * t, 12).map((i) => i % 48)),
    'overlapping, two or three images': Array.from({ length: 30 }, (_, t) =>
      range(0, 2 + (t % 2)).map((j) => (7 * t + 3 * j) % 20)
    ),
    unequal: Array.from({ length: 10 }, (_, t) => range(t, 2 + 3 * (t % 4))),
    'crossed, the last trial unfinished': [...Array.from({ length: 5 }, () => range(0, 20)), range(0, 7)]
  }

  function trueVariance(design: readonly number[][]): number {
    const T = design.length
    const weights = new Map<number, number>()
    for (const images of design)
      for (const i of images) weights.set(i, (weights.get(i) ?? 0) + 1 / (T * images.length))
    const ofImages = [...weights.values()].reduce((sum, w) => sum + w * w, 0)
    const ofRest = design.reduce((sum, { length }) => sum + 1 / length, 0) / T ** 2
    return sigmaTrial ** 2 / T + sigmaImage ** 2 * ofImages + sigmaRest ** 2 * ofRest
  }

  const draw = (random: Random, design: readonly number[][]): CellSummary => {
    const images = Array.from({ length: 100 }, () => sigmaImage * random.normal())
    return cellOf(
      design.map((list) => {
        const trial = 0.5 + sigmaTrial * random.normal()
        return [list, list.map((i) => trial + images[i]! + sigmaRest * random.normal())]
      })
    ).summary()
  }

  it.each(Object.entries(designs))('%s', (_, design) => {
    const random = seeded(7)
    const repetitions = 4000
    const estimates = Array.from({ length: repetitions }, () => draw(random, design))
    const check = (values: readonly number[], truth: number): void => {
      const average = values.reduce((a, b) => a + b, 0) / repetitions
      const spread = Math.sqrt(values.reduce((sum, v) => sum + (v - average) ** 2, 0) / repetitions)
      // Four standard errors of the average of the repetitions, and ½ % for estimates cut at 0 or at their bound.
      expect(Math.abs(average - truth)).toBeLessThan((4 * spread) / Math.sqrt(repetitions) + 0.005 * truth)
    }
    check(estimates.map(({ standardError }) => standardError! ** 2), trueVariance(design)) // prettier-ignore
    check(estimates.map(({ components }) => components.within!), sigmaImage ** 2 + sigmaRest ** 2) // prettier-ignore
    // 95 % intervals: between 93 and 97 %, three standard errors of 4000 repetitions within that.
    const truth = 0.5
    const covered = estimates.filter(({ interval }) => interval![0] <= truth && truth <= interval![1]).length
    expect(covered / repetitions).toBeGreaterThan(0.94)
    expect(covered / repetitions).toBeLessThan(0.965)
  })
})

it('ten thousand images of many trials take little time and one number an image', () => {
  const cell = new CellStatistics()
  const distances = new Float32Array(10_000).map((_, i) => (i % 97) / 97)
  for (let t = 0; t < 30; t++) cell.add(t, { start: 0, count: 10_000 }, distances)
  const { observations, components } = cell.summary()
  expect(observations).toBe(300_000)
  // All trials alike: Σ (d − m)² / (N − 1) is between images, nothing else.
  const average = distances.reduce((a, b) => a + b, 0) / 10_000
  const variance = distances.reduce((sum, d) => sum + (d - average) ** 2, 0) / 9_999
  expect(components.image).toBeCloseTo(variance, 8)
  expect(components.rest).toBeCloseTo(0, 8)
})
