/**
 * Philox4x32-10, a counter-based generator: block i of a key depends on nothing but key and i.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */

/** Two 32-bit words. */
export type Key = readonly [number, number]

/** Bytes of a block. */
export const BLOCK = 16

/**
 * Upper 32 bits of the product of two unsigned 32-bit numbers, as a signed integer.
 * @param aHigh, aLow the halves of the first.
 */
export function multiplyHigh(aHigh: number, aLow: number, b: number): number {
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  // No sum of these exceeds 32 bits.
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0
}

/**
 * Four 32-bit words of the counter (c0, c1, c2, c3) and the key (k0, k1), written into `out` from byte `at` on, little
 * endian. All words are 32-bit integers, signed or not: given as such, every step is an instruction of the processor.
 * That is also why the constants stand where they are used, and why a view is written: reading one needs no check.
 */
export function philox(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: DataView,
  at: number
): void {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd251, 0x1f53, c0)
    const low0 = Math.imul(0xd2511f53, c0)
    const high1 = multiplyHigh(0xcd9e, 0x8d57, c2)
    const low1 = Math.imul(0xcd9e8d57, c2)
    c0 = high1 ^ c1 ^ k0
    c1 = low1
    c2 = high0 ^ c3 ^ k1
    c3 = low0
    // Weyl sequences: the golden ratio, and the square root of 3 less 1.
    k0 = (k0 + 0x9e3779b9) | 0
    k1 = (k1 + 0xbb67ae85) | 0
  }
  out.setInt32(at, c0, true)
  out.setInt32(at + 4, c1, true)
  out.setInt32(at + 8, c2, true)
  out.setInt32(at + 12, c3, true)
}
