import { selectImages } from './select'

/**
 * A few images of a set, by index, ascending: a seeded sample with equal shares of the classes as far as they reach. The
 * first ones will not do: a set of every image in file order begins with one class.
 */
export function sampleImages(available: number, labels: readonly number[] | null, count: number): number[] {
  const stratified = labels !== null
  const { order } = selectImages(available, labels, { count, seed: 0, stratified, all: false })
  return order.slice(0, count).toSorted((a, b) => a - b)
}
