import { expect, it } from 'vitest'
import { transpose } from '../../../src/main/graph/arrays'

// By definition: element (r, c) of the matrix is element (c, r) of its transpose.
it.each([
  [1, 1],
  [1, 7],
  [7, 1],
  [64, 64],
  [63, 65],
  [130, 257],
  [0, 5],
  [5, 0]
])('a matrix of %i × %i is turned over', (rows, columns) => {
  const value = (row: number, column: number): number => row * 1000 + column
  const matrix = Float32Array.from({ length: rows * columns }, (_, i) =>
    value(Math.floor(i / columns), i % columns)
  )
  const expected = Float32Array.from({ length: rows * columns }, (_, i) =>
    value(i % rows, Math.floor(i / rows))
  )
  expect(transpose(matrix, [rows, columns])).toEqual(expected)
  expect(transpose(expected, [columns, rows])).toEqual(matrix)
})
