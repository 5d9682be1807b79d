import type { Window } from './geometry'

/** Pixels [height, width, 3], red first. */
export interface RgbImage {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/** For each output sample, where its input samples begin, how many there are, and their weights. */
interface Taps {
  readonly starts: Int32Array
  readonly lengths: Int32Array
  /** Fixed point with `PRECISION` bits, `stride` numbers for each output sample. */
  readonly weights: Int32Array
  readonly stride: number
}

/** Pillow's PRECISION_BITS, 32 − 8 − 2. */
const PRECISION = 22
const HALF = 1 << (PRECISION - 1)

/**
 * A window of an image that is resized to `width` × `height`, as [3, window.height, window.width]: the same bytes
 * as Pillow's `Image.resize(…, BILINEAR)` gives, which is a triangle filter as wide as the reduction, in 8-bit fixed
 * point, rows first. libvips differs from it by up to 12 of 255 where it reduces by four or more, and by 40 where it
 * enlarges. Source: Pillow 12, `src/libImaging/Resample.c`.
 */
export function resizeWindow(image: RgbImage, width: number, height: number, window: Window): Uint8Array {
  const across = triangleTaps(image.width, width, window.left, window.width)
  const down = triangleTaps(image.height, height, window.top, window.height)
  const firstRow = down.starts[0] ?? 0
  const last = window.height - 1
  const rows = (down.starts[last] ?? 0) + (down.lengths[last] ?? 0) - firstRow
  return resizeDown(resizeAcross(image, across, firstRow, rows), window.width, rows, down)
}

function triangleTaps(inSize: number, outSize: number, first: number, count: number): Taps {
  const scale = inSize / outSize
  // Pillow resizes no axis that keeps its length; one tap of weight 1 is the same.
  const support = Math.max(scale, 1)
  const stride = Math.ceil(support) * 2 + 1
  const starts = new Int32Array(count)
  const lengths = new Int32Array(count)
  const weights = new Int32Array(count * stride)
  const exact = new Float64Array(stride)
  for (let out = 0; out < count; out++) {
    const center = (first + out + 0.5) * scale
    const start = Math.max(0, Math.trunc(center - support + 0.5))
    const length = Math.min(inSize, Math.trunc(center + support + 0.5)) - start
    let sum = 0
    for (let tap = 0; tap < length; tap++) {
      const weight = Math.max(0, 1 - Math.abs((tap + start - center + 0.5) * (1 / support)))
      exact[tap] = weight
      sum += weight
    }
    for (let tap = 0; tap < length; tap++) {
      weights[out * stride + tap] = Math.trunc(0.5 + ((exact[tap] ?? 0) / sum) * (1 << PRECISION))
    }
    starts[out] = start
    lengths[out] = length
  }
  return { starts, lengths, weights, stride }
}

/** Rows `firstRow` … of the image, [rows, width, 3], as [3, rows, taps]. */
function resizeAcross(image: RgbImage, taps: Taps, firstRow: number, rows: number): Uint8Array {
  const { pixels } = image
  const { starts, lengths, weights, stride } = taps
  const width = starts.length
  const area = rows * width
  const planes = new Uint8ClampedArray(3 * area)
  for (let row = 0, to = 0; row < rows; row++) {
    const line = (firstRow + row) * image.width * 3
    for (let x = 0; x < width; x++, to++) {
      let red = HALF
      let green = HALF
      let blue = HALF
      let from = line + (starts[x] ?? 0) * 3
      const end = x * stride + (lengths[x] ?? 0)
      for (let tap = x * stride; tap < end; tap++, from += 3) {
        const weight = weights[tap] ?? 0
        red = (red + Math.imul(pixels[from] ?? 0, weight)) | 0
        green = (green + Math.imul(pixels[from + 1] ?? 0, weight)) | 0
        blue = (blue + Math.imul(pixels[from + 2] ?? 0, weight)) | 0
      }
      planes[to] = red >> PRECISION
      planes[to + area] = green >> PRECISION
      planes[to + 2 * area] = blue >> PRECISION
    }
  }
  return new Uint8Array(planes.buffer)
}

/** [3, rows, width] to [3, taps, width]. */
function resizeDown(planes: Uint8Array, width: number, rows: number, taps: Taps): Uint8Array {
  const { starts, lengths, weights, stride } = taps
  const height = starts.length
  const firstRow = starts[0] ?? 0
  const result = new Uint8ClampedArray(3 * height * width)
  const sums = new Int32Array(width)
  for (let line = 0; line < 3 * height; line++) {
    const y = line % height
    const top = Math.trunc(line / height) * rows + (starts[y] ?? 0) - firstRow
    const length = lengths[y] ?? 0
    sums.fill(HALF)
    for (let tap = 0; tap < length; tap++) {
      const weight = weights[y * stride + tap] ?? 0
      const from = (top + tap) * width
      for (let x = 0; x < width; x++) sums[x] = (sums[x] ?? 0) + Math.imul(planes[from + x] ?? 0, weight)
    }
    for (let x = 0; x < width; x++) result[line * width + x] = (sums[x] ?? 0) >> PRECISION
  }
  return new Uint8Array(result.buffer)
}
