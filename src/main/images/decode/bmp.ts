import { LinchpinError } from '@shared/errors'
import type { RgbImage } from '../resample'

interface BmpHeader {
  readonly width: number
  readonly height: number
  readonly topDown: boolean
  readonly bits: number
  readonly paletteStart: number
  readonly paletteSize: number
  readonly pixelStart: number
}

/**
 * An uncompressed Windows bitmap of 1, 4, 8, 24 or 32 bits a pixel; alpha is dropped.
 * Format: https://learn.microsoft.com/windows/win32/gdi/bitmap-storage
 * @throws LinchpinError IMAGE_INVALID
 */
export function readBmp(bytes: Buffer): RgbImage {
  const header = readHeader(bytes)
  const { width, height, bits } = header
  const line = Math.ceil((width * bits) / 32) * 4
  const needed = header.pixelStart + line * height
  if (bytes.length < needed) {
    throw new LinchpinError('IMAGE_INVALID', `It has ${bytes.length} of ${needed} bytes.`)
  }
  const pixels = new Uint8Array(width * height * 3)
  for (let y = 0, to = 0; y < height; y++) {
    const row = header.pixelStart + (header.topDown ? y : height - 1 - y) * line
    for (let x = 0; x < width; x++, to += 3) {
      const from = bits >= 24 ? row + x * (bits / 8) : paletteEntry(bytes, header, row, x)
      pixels[to] = bytes[from + 2] ?? 0
      pixels[to + 1] = bytes[from + 1] ?? 0
      pixels[to + 2] = bytes[from] ?? 0
    }
  }
  return { width, height, pixels }
}

function readHeader(bytes: Buffer): BmpHeader {
  if (bytes.length < 54) {
    throw new LinchpinError('IMAGE_INVALID', `It has ${bytes.length} bytes; a BMP header has 54.`)
  }
  const infoSize = bytes.readUInt32LE(14)
  const width = bytes.readInt32LE(18)
  const signedHeight = bytes.readInt32LE(22)
  const bits = bytes.readUInt16LE(28)
  const compression = bytes.readUInt32LE(30)
  // Bit fields (3) are read in the one order that is common: blue, green, red from the lowest byte.
  const plain = compression === 0 || (compression === 3 && bits === 32 && bytes.readUInt32LE(54) === 0xff0000)
  if (infoSize < 40 || width <= 0 || signedHeight === 0 || ![1, 4, 8, 24, 32].includes(bits) || !plain) {
    throw new LinchpinError(
      'IMAGE_INVALID',
      `It is a BMP of ${width}×${Math.abs(signedHeight)} with ${bits} bits a pixel and ` +
        `compression ${compression}; uncompressed ones of 1, 4, 8, 24 or 32 bits are read.`
    )
  }
  return {
    width,
    height: Math.abs(signedHeight),
    topDown: signedHeight < 0,
    bits,
    paletteStart: 14 + infoSize,
    paletteSize: bytes.readUInt32LE(46) || 2 ** bits,
    pixelStart: bytes.readUInt32LE(10)
  }
}

/** Where the colour of a pixel lies: blue, green, red, one unused. */
function paletteEntry(bytes: Buffer, header: BmpHeader, row: number, x: number): number {
  const bit = x * header.bits
  const shift = 8 - header.bits - (bit % 8)
  const index = ((bytes[row + (bit >> 3)] ?? 0) >> shift) & (2 ** header.bits - 1)
  if (index >= header.paletteSize) {
    throw new LinchpinError('IMAGE_INVALID', `A pixel has colour ${index} of ${header.paletteSize}.`)
  }
  return header.paletteStart + index * 4
}
