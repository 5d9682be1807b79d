import { describe, expect, it } from 'vitest'
import type { LoadMeasure } from '@shared/contract/loading'
import {
  clearlyBetter,
  judge,
  labelOrders,
  labelsFit,
  ranked,
  readLogits,
  relabelled,
  someOrder,
  type LoadContext,
  type LoadReading
} from '@shared/statistics'
import { binomialTail, signTest } from '../../../src/shared/statistics/exact-tests'

// scipy.stats 1.17: binom.sf(k − 1, n, p).
it.each([
  [7, 64, 0.1, 0.4609611564716897],
  [3, 3, 1 / 3, 0.03703703703703703],
  [16, 64, 0.25, 0.547868935595775],
  [1, 5, 0.001, 0.004990009995001],
  [40, 64, 0.5, 0.029970594783499616],
  [64, 64, 0.1, 1e-64],
  [0, 9, 0.3, 1]
])('%i or more of %i at %f have probability %f', (k, n, p, wanted) => {
  expect(binomialTail(k, n, p) / wanted).toBeCloseTo(1, 11)
})

// scipy.stats 1.17: binomtest(gained, gained + lost, 0.5, alternative='greater').pvalue.
it.each([
  [7, 0, 0.0078125],
  [6, 0, 0.015625],
  [20, 5, 0.0020386576652526855],
  [0, 3, 1]
])('%i gained and %i lost have p = %f', (gained, lost, wanted) => {
  expect(signTest(gained, lost)).toBeCloseTo(wanted, 14)
})

const rows = (...values: number[][]): Float32Array => Float32Array.from(values.flat())
const measureOf = (logits: Float32Array, classes: number, labels: number[] | null = null): LoadMeasure =>
  readLogits(logits, classes, labels, []).measure

describe('outputs', () => {
  it('have the entropy of their softmax', () => {
    // softmax [ln 1, ln 1, ln 2] = [¼, ¼, ½]: 2 · ¼ ln 4 + ½ ln 2 = 1.5 ln 2; and uniform: ln 3.
    const { entropy, uniformEntropy } = measureOf(rows([0, 0, Math.LN2], [5, 5, 5]), 3)
    expect(entropy).toBeCloseTo((1.5 * Math.LN2 + Math.log(3)) / 2, 6)
    expect(uniformEntropy).toBeCloseTo(Math.log(3), 14)
  })

  it('have none of logits that leave one class alone', () => {
    expect(measureOf(rows([2000, 0, -2000]), 3).entropy).toBe(0)
  })

  it('that are probabilities are not softened again', () => {
    const { entropy } = measureOf(rows([0.5, 0.5, 0], [0, 0, 1]), 3)
    expect(entropy).toBeCloseTo(Math.LN2 / 2, 6)
  })

  it('that are the same for every image are dead', () => {
    expect(measureOf(rows([1, 0, 3.25], [2, 0, 3.25], [3, 0, 3.25]), 3).deadOutputs).toBe(2)
    expect(measureOf(rows([1, 2, 3]), 3).deadOutputs).toBe(0)
  })

  it('that are not finite are counted, and are never right', () => {
    const measure = measureOf(rows([NaN, 0], [0, 1], [Infinity, 0], [1, 0]), 2, [0, 1, 0, 1])
    expect(measure).toMatchObject({ notFinite: 2, top1: 0.25, predictedClasses: 2, deadOutputs: 0 })
    expect(measureOf(rows([NaN, 0]), 2)).toMatchObject({ entropy: null, notFinite: 1, predictedClasses: 0 })
  })
})

describe('orders of labels', () => {
  const texts = (labels: number[], names: string[], classes: number): string[] =>
    labelOrders(labels, names, classes).map(({ text }) => text)

  it('that count from one are one lower', () => {
    expect(labelOrders([1, 2, 3, 3], [], 3)).toEqual([{ text: 'labels one lower', labels: [0, 1, 2, 2] }])
  })

  it('of folders named by numbers are those of text and of numbers', () => {
    // Text: 0, 1, 10, 11, 2 … 9.
    const names = Array.from({ length: 12 }, (_, i) => String(i)).sort()
    const orders = labelOrders([0, 2, 3, 4, 11], names, 12)
    expect(orders.find(({ text }) => text.includes('sorted as numbers'))?.labels).toEqual([0, 10, 11, 2, 9])
  })

  it('of folders named by class numbers need not be all classes', () => {
    const orders = labelOrders([0, 1, 2, 1], ['7', '217', '482'], 1000)
    expect(orders.find(({ text }) => text.includes('taken as'))?.labels).toEqual([7, 217, 482, 217])
  })

  it('that change nothing, or leave the classes, are left out', () => {
    expect(texts([0, 1, 2], ['a', 'b', 'c'], 3)).toEqual(['labels one lower', 'labels one higher'])
    expect(texts([2, 2, 2], ['a', 'b', 'c'], 3)).toEqual(['labels one lower'])
    expect(labelOrders([1, 0, 2], ['b', 'a', 'c'], 3)).toContainEqual({
      text: 'class names sorted as text',
      labels: [0, 1, 2]
    })
  })

  const oneHot = (classes: number[], of: number): Float32Array =>
    rows(...classes.map((one) => Array.from({ length: of }, (_, c) => (c === one ? 9 : 0))))
  // 60 images: class i mod 5, two of them predicted wrongly; named by another order.
  const predicted = Array.from({ length: 60 }, (_, i) => (i < 2 ? 4 : i % 5))
  const permuted = Array.from({ length: 60 }, (_, i) => [3, 0, 4, 1, 2][i % 5]!)

  it('of which one explains the predictions are found', () => {
    const reading = readLogits(oneHot(predicted, 5), 5, permuted, [])
    expect(reading.measure.top1).toBeLessThan(0.1)
    expect(someOrder(reading, permuted, 5)?.measure.top1).toBeCloseTo(58 / 60, 12)
  })

  it('explain nothing of predictions that have nothing to do with them', () => {
    const unrelated = Array.from({ length: 60 }, (_, i) => Math.floor(i / 12))
    expect(someOrder(readLogits(oneHot(predicted, 5), 5, unrelated, []), unrelated, 5)).toBeNull()
  })

  it('explain anything where each class has one image, and so nothing', () => {
    const each = Array.from({ length: 60 }, (_, i) => i)
    const reading = readLogits(oneHot(each, 60), 60, each.toReversed(), [])
    expect(someOrder(reading, each.toReversed(), 60)).toBeNull()
  })
})

/** A reading of 64 images, `right` of them right, without outputs behind it. */
function reading(right: number | null, part: Partial<LoadMeasure> = {}): LoadReading {
  const correct = right === null ? null : Array.from({ length: 64 }, (_, i) => i < right)
  return {
    predicted: Array<number>(64).fill(0),
    correct,
    measure: {
      top1: right === null ? null : right / 64,
      entropy: 1,
      uniformEntropy: Math.log(10),
      deadOutputs: 0,
      notFinite: 0,
      predictedClasses: 10,
      batchNorms: null,
      ...part
    }
  }
}

const norms = (meanShift: number, varianceRatio: number): Partial<LoadMeasure> => ({
  batchNorms: { layers: 1, meanShift, varianceRatio, worst: { layer: 'bn', meanShift, varianceRatio } }
})

const labels = Array.from({ length: 64 }, (_, i) => i % 10)
const ten: LoadContext = { classes: 10, labels, names: [], setClasses: 10 }
const codes = (given: LoadReading, context: Partial<LoadContext> = {}): [string, string[]] => {
  const { verdict, findings } = judge(given, { ...ten, ...context })
  return [verdict, findings.map(({ code }) => code)]
}

describe('the verdict', () => {
  it('is good where nothing is odd', () => {
    expect(codes(reading(60, norms(0.1, 1.2)))).toEqual(['good', []])
    expect(codes(reading(null), { labels: null, setClasses: null })).toEqual(['good', []])
  })

  it('is bad for chance, doubtful for little more', () => {
    // scipy.stats: P(X ≥ 9 | 64, 0.1) = 0.187, P(X ≥ 12) = 0.0236, P(X ≥ 14) = 0.0038.
    expect(codes(reading(9))).toEqual(['bad', ['top1-chance']])
    expect(codes(reading(12))).toEqual(['doubtful', ['top1-chance']])
    expect(codes(reading(14))).toEqual(['good', []])
  })

  it('says nothing of an accuracy that too few images decide', () => {
    const few = { ...reading(0), correct: [false, false], predicted: [0, 1] }
    expect(codes(few, { classes: 3, labels: [0, 1], setClasses: 3 })).toEqual(['good', []])
  })

  it('is bad for NaN and for uniform predictions, unless these are right', () => {
    expect(codes(reading(60, { notFinite: 1 }))).toEqual(['bad', ['outputs-not-finite']])
    expect(codes(reading(null, { entropy: 2.25 }), { labels: null, setClasses: null })).toEqual([
      'bad',
      ['predictions-uniform']
    ])
    expect(codes(reading(60, { entropy: 2.25 }))).toEqual(['doubtful', ['predictions-uniform']])
  })

  it('is doubtful for a dead output, bad for half of them', () => {
    expect(codes(reading(60, { deadOutputs: 1 }))).toEqual(['doubtful', ['outputs-dead']])
    expect(codes(reading(60, { deadOutputs: 5 }))).toEqual(['bad', ['outputs-dead']])
  })

  it('is doubtful for one predicted class, unless the images are of one', () => {
    const one = reading(null, { predictedClasses: 1 })
    expect(codes(one, { labels: null, setClasses: null })).toEqual(['doubtful', ['predictions-one-class']])
    const same = reading(64, { predictedClasses: 1 })
    expect(codes(same, { labels: Array<number>(64).fill(0) })).toEqual(['good', []])
  })

  it('is doubtful for batch norms that do not fit', () => {
    expect(codes(reading(60, norms(0.6, 1)))).toEqual(['doubtful', ['batch-norms-disagree']])
    expect(codes(reading(60, norms(0, 2.1)))).toEqual(['doubtful', ['batch-norms-disagree']])
  })

  it('does not hold classes that are not the network’s against it', () => {
    const folders = { classes: 1000, names: labels.slice(0, 10).map(String), setClasses: 10 }
    expect(labelsFit({ ...ten, ...folders })).toBe(false)
    expect(codes(reading(null), folders)).toEqual(['good', ['classes-differ']])
    expect(codes(reading(0), { classes: 1000 })).toEqual(['good', ['classes-differ']])
  })

  it('takes a background class, and labels from one', () => {
    const names = labels.slice(0, 10).map(String)
    expect(labelsFit({ ...ten, names, classes: 11 })).toBe(true)
    expect(labelsFit({ ...ten, names, classes: 9 })).toBe(false)
    expect(labelsFit({ ...ten, setClasses: 11 })).toBe(true)
    expect(labelsFit({ ...ten, setClasses: 12 })).toBe(false)
  })
})

describe('another reading', () => {
  it('is better by a significant gain of top-1', () => {
    // 7 gained and none lost: p = 0.0078; 6: p = 0.016.
    expect(clearlyBetter(reading(27), reading(20), 10)).toBe('top1')
    expect(clearlyBetter(reading(26), reading(20), 10)).toBeNull()
  })

  it('is better by batch norms that agree twice as well, unless top-1 falls', () => {
    expect(clearlyBetter(reading(20, norms(0.1, 1.1)), reading(20, norms(1, 2)), 10)).toBe('batch-norms')
    expect(clearlyBetter(reading(10, norms(0.1, 1.1)), reading(20, norms(1, 2)), 10)).toBeNull()
    expect(clearlyBetter(reading(null, norms(0.6, 1.5)), reading(null, norms(1, 2)), 10)).toBeNull()
  })

  it('is not better by a gain within chance, or against the batch norms', () => {
    expect(clearlyBetter(reading(12), reading(1), 10)).toBeNull()
    expect(clearlyBetter(reading(30, norms(2, 8)), reading(1, norms(0.05, 1.1)), 10)).toBeNull()
    expect(clearlyBetter(reading(30, norms(0.5, 2)), reading(1, norms(0.6, 2)), 10)).toBe('top1')
  })

  it('is better by the batch norms where all guess, whatever guessing reaches', () => {
    expect(clearlyBetter(reading(2, norms(0.1, 1.1)), reading(12, norms(1, 2)), 10)).toBe('batch-norms')
  })

  it('is not better by less disagreement than is tolerated anyway', () => {
    expect(clearlyBetter(reading(null, norms(0.05, 1)), reading(null, norms(0.2, 1)), 10)).toBeNull()
  })

  it('is never better by certainty alone', () => {
    expect(clearlyBetter(reading(null, { entropy: 0.01 }), reading(null, { entropy: 2 }), 10)).toBeNull()
  })

  it('is better where it alone is finite', () => {
    expect(clearlyBetter(reading(10), reading(60, { notFinite: 3 }), 10)).toBe('finite')
    expect(clearlyBetter(reading(60, { notFinite: 3 }), reading(10), 10)).toBeNull()
  })
})

describe('the order of readings', () => {
  const order = (given: Readonly<Record<string, LoadReading>>): string[] =>
    ranked(
      Object.entries(given).map(([name, one]) => ({ name, reading: one })),
      10
    ).map(({ name }) => name)

  it('is that of top-1, and of the batch norms among those that are about as good', () => {
    const one = reading(60, norms(0.4, 1.5))
    const twin = reading(59, norms(0.05, 1.1))
    const worse = reading(30, norms(0.01, 1))
    expect(order({ worse, one, twin })).toEqual(['twin', 'one', 'worse'])
  })

  it('is that of the batch norms where all guess', () => {
    const lucky = reading(10, norms(2, 3))
    const fitting = reading(5, norms(0.1, 1.1))
    expect(order({ lucky, fitting })).toEqual(['fitting', 'lucky'])
  })

  it('is that of certainty where nothing else is known', () => {
    const sure = reading(null, { entropy: 0.3 })
    const unsure = reading(null, { entropy: 1.3 })
    expect(order({ unsure, sure })).toEqual(['sure', 'unsure'])
  })
})

it('other labels change what is right, and nothing else', () => {
  const given = readLogits(rows([1, 0], [0, 1]), 2, [0, 0], [])
  const other = relabelled(given, [0, 1])
  expect([given.measure.top1, other.measure.top1]).toEqual([0.5, 1])
  expect({ ...other.measure, top1: null }).toEqual({ ...given.measure, top1: null })
})
