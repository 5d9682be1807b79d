import { LinchpinError } from '@shared/errors'
import type { RgbImage } from '../resample'

/** Width, height and the largest value, between white space and comments. */
const HEADER = /^P([2356])((?:\s|#[^\n]*\n)+(\d+))((?:\s|#[^\n]*\n)+(\d+))((?:\s|#[^\n]*\n)+(\d+))\s/
const HEADER_LIMIT = 4096

/**
 * A portable pixmap or greymap (PPM, PGM; text or binary, 8 or 16 bits), scaled to 255.
 * Format: https://netpbm.sourceforge.net/doc/ppm.html
 * @throws LinchpinError IMAGE_INVALID
 */
export function readPnm(bytes: Buffer): RgbImage {
  const header = HEADER.exec(bytes.toString('latin1', 0, HEADER_LIMIT))
  const [type, width, height, maximum] = [header?.[1], header?.[3], header?.[5], header?.[7]].map(Number)
  if (header === null || !type || !width || !height || !maximum || maximum > 65535) {
    throw new LinchpinError('IMAGE_INVALID', 'Its PPM header has no sound width, height and largest value.')
  }
  const channels = type === 3 || type === 6 ? 3 : 1
  const count = width * height * channels
  const body = bytes.subarray(header[0].length)
  const values = type <= 3 ? textValues(body, count) : binaryValues(body, count, maximum > 255 ? 2 : 1)
  const pixels = new Uint8Array(width * height * 3)
  for (let index = 0; index < pixels.length; index++) {
    const value = values(channels === 3 ? index : Math.trunc(index / 3))
    pixels[index] = Math.min(255, Math.round((value / maximum) * 255))
  }
  return { width, height, pixels }
}

function binaryValues(body: Buffer, count: number, size: 1 | 2): (index: number) => number {
  if (body.length < count * size) throw tooShort(body.length, count * size, 'bytes')
  return size === 1 ? (index) => body.readUInt8(index) : (index) => body.readUInt16BE(index * 2)
}

function textValues(body: Buffer, count: number): (index: number) => number {
  const words = body
    .toString('latin1')
    .replaceAll(/#[^\n]*/g, '')
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length < count) throw tooShort(words.length, count, 'numbers')
  return (index) => {
    const value = Number(words[index])
    if (!Number.isInteger(value) || value < 0) {
      throw new LinchpinError(
        'IMAGE_INVALID',
        `"${words[index] ?? ''}" stands where a pixel's number belongs.`
      )
    }
    return value
  }
}

function tooShort(found: number, expected: number, what: string): LinchpinError {
  return new LinchpinError(
    'IMAGE_INVALID',
    `It has ${found} ${what} of pixels, and its header announces ${expected}.`
  )
}
