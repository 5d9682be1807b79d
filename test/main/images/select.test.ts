import { expect, test } from 'vitest'
import { selectImages, splitmix64, xoshiro128From } from '../../../src/main/images/select'

const plain = { count: 10, seed: 0, stratified: false, all: false }

// Both from the authors' C code (https://prng.di.unimi.it), state {1, 2, 3, 4} and seed 1234567.
test('the generators are xoshiro128** and splitmix64', () => {
  const random = xoshiro128From([1, 2, 3, 4])
  expect(Array.from({ length: 10 }, random)).toEqual([
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804
  ])
  expect([1, 2, 3].map((n) => splitmix64(1234567, n))).toEqual([
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n
  ])
})

test('all: every image in file order', () => {
  expect(selectImages(5, null, { ...plain, count: 2, all: true })).toEqual({
    order: [0, 1, 2, 3, 4],
    count: 5
  })
})

test('the order is a permutation that depends on the seed alone', () => {
  const { order, count } = selectImages(1000, null, plain)
  expect(count).toBe(10)
  expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index))
  expect(order.every((value, index) => value === index)).toBe(false)
  expect(selectImages(1000, null, { ...plain, count: 700 }).order).toEqual(order)
  expect(selectImages(1000, null, { ...plain, seed: 1 }).order).not.toEqual(order)
})

test('more than there are: all of them, still shuffled', () => {
  const { order, count } = selectImages(100, null, { ...plain, count: 5000 })
  expect(count).toBe(100)
  expect(order).not.toEqual(order.toSorted((a, b) => a - b))
})

test('each position is equally likely: mean and variance over 4000 seeds', () => {
  const firsts = Array.from(
    { length: 4000 },
    (_, seed) => selectImages(10, null, { ...plain, seed }).order[0] ?? 0
  )
  const counts = Array.from({ length: 10 }, (_, value) => firsts.filter((first) => first === value).length)
  // Chi-squared with 9 degrees of freedom: 27.9 is exceeded once in a thousand.
  expect(counts.reduce((sum, n) => sum + (n - 400) ** 2 / 400, 0)).toBeLessThan(27.9)
})

test('stratified: equal shares within one image, at every beginning, as far as the classes reach', () => {
  const labels = Array.from({ length: 100 }, (_, index) => (index < 60 ? 0 : index < 95 ? 1 : 2))
  const { order } = selectImages(100, labels, { ...plain, stratified: true })
  const shares = (count: number): number[] =>
    [0, 1, 2].map((label) => order.slice(0, count).filter((index) => labels[index] === label).length)
  expect(shares(15)).toEqual([5, 5, 5])
  expect(shares(75)).toEqual([35, 35, 5])
  expect(shares(100)).toEqual([60, 35, 5])
  for (let count = 1; count <= 15; count++) {
    expect(Math.max(...shares(count)) - Math.min(...shares(count))).toBeLessThanOrEqual(1)
  }
})

test('stratified without labels is refused', () => {
  expect(() => selectImages(5, null, { ...plain, stratified: true })).toThrow('there are no labels')
})
