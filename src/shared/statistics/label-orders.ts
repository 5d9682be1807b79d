/** Other orders in which a set's classes could have been numbered when a network was trained. */
import { countTrue, withCorrect, type LoadReading } from './load-measure'

export interface LabelOrder {
  /** Follows "with". */
  readonly text: string
  readonly labels: readonly number[]
}

/** Above this number of classes, 64 images hardly tell their order from chance. */
const MOST_CLASSES = 100

/** Random orders that the best order is held against; with none as good, p is below 1 in 200. */
const SHUFFLES = 199

/** An order that leaves most images wrong explains nothing: the network is read wrongly, whatever the labels. */
const LEAST_RIGHT = 0.5

/** Where text puts digits by their code: "10" before "2". */
const WHOLE_NUMBER = /^\d+$/

/**
 * @param labels one per image; @param names of the classes in label order, or empty.
 * @returns orders that give some image another label and most images one of the classes.
 */
export function labelOrders(
  labels: readonly number[],
  names: readonly string[],
  classes: number
): LabelOrder[] {
  const numbers = names.length > 0 && names.every((name) => WHOLE_NUMBER.test(name)) ? names.map(Number) : []
  const rank = (compare: (a: number, b: number) => number): number[] => {
    const order = [...names.keys()].sort(compare)
    return names.map((_, label) => order.indexOf(label))
  }
  const text = (label: number): string => names[label] ?? ''
  const candidates: { text: string; label: (label: number) => number }[] = [
    { text: 'labels one lower', label: (label) => label - 1 },
    { text: 'labels one higher', label: (label) => label + 1 }
  ]
  const renamed = (described: string, mapping: readonly number[]): void => {
    if (mapping.length > 0) candidates.push({ text: described, label: (label) => mapping[label] ?? -1 })
  }
  if (numbers.length > 0) {
    renamed(
      'class names sorted as numbers',
      rank((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0))
    )
    renamed('class names taken as class numbers', numbers)
  }
  if (names.length > 0) {
    renamed(
      'class names sorted as text',
      rank((a, b) => (text(a) < text(b) ? -1 : 1))
    )
  }
  const seen = new Set([labels.join()])
  return candidates.flatMap(({ text: described, label }) => {
    const order = labels.map(label)
    const key = order.join()
    const within = order.filter((value) => value >= 0 && value < classes).length
    if (seen.has(key) || 2 * within < order.length) return []
    seen.add(key)
    return [{ text: described, labels: order }]
  })
}

/**
 * The best that any order of the classes can do, by a greedy choice: an upper hint, which finds some agreement in
 * noise. So it is held against shuffled labels, for which no order is right.
 * @returns null where it leaves most images wrong, is no better than for those (1 %), or the classes are too many to tell.
 */
export function someOrder(
  reading: LoadReading,
  labels: readonly number[],
  classes: number
): LoadReading | null {
  if (classes < 2 || classes > MOST_CLASSES) return null
  const found = assigned(reading.predicted, labels)
  const reached = countTrue(found)
  if (reached < LEAST_RIGHT * labels.length) return null
  const random = generator(1)
  let asGood = 0
  for (let i = 0; i < SHUFFLES; i++) {
    if (countTrue(assigned(reading.predicted, shuffled(labels, random))) >= reached) asGood++
  }
  if ((asGood + 1) / (SHUFFLES + 1) > 0.01) return null
  return withCorrect(reading, found)
}

/** Which images are right when each predicted class is given a label of its own, the most frequent pairs first. */
function assigned(predicted: LoadReading['predicted'], labels: readonly number[]): boolean[] {
  const counts = new Map<string, { predicted: number; label: number; count: number }>()
  predicted.forEach((one, i) => {
    const label = labels[i]
    if (one === null || label === undefined) return
    const key = `${one} ${label}`
    const pair = counts.get(key)
    if (pair === undefined) counts.set(key, { predicted: one, label, count: 1 })
    else pair.count++
  })
  const given = new Map<number, number>()
  const taken = new Set<number>()
  for (const pair of [...counts.values()].sort((a, b) => b.count - a.count)) {
    if (given.has(pair.predicted) || taken.has(pair.label)) continue
    given.set(pair.predicted, pair.label)
    taken.add(pair.label)
  }
  return predicted.map((one, i) => one !== null && given.get(one) === labels[i])
}

function shuffled(values: readonly number[], random: () => number): number[] {
  const result = [...values]
  for (let last = result.length - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1))
    const value = result[chosen] ?? 0
    result[chosen] = result[last] ?? 0
    result[last] = value
  }
  return result
}

/** Uniform in [0, 1): mulberry32, T. Ettinger, public domain. Good enough to shuffle with. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
