import sharp from 'sharp'
import type { SharpOptions } from 'sharp'
import { LinchpinError } from '@shared/errors'
import type { RgbImage } from '../resample'
import { readBmp } from './bmp'
import { readPnm } from './pnm'

// One image is one task of the thread pool; several run at once, and none is asked for twice.
sharp.concurrency(1)
sharp.cache(false)

/** The limit at which Pillow calls an image a decompression bomb. */
export const PIXEL_LIMIT = 178_956_970

/**
 * `error` refuses what Pillow refuses: files that end early and streams that do not decode. It accepts what
 * libjpeg only warns about, as Pillow does; changed bits within a JPEG's scan cannot be told from picture.
 * Pillow knows neither colour profiles nor EXIF orientation when it converts to RGB, so neither is applied.
 */
const OPTIONS: SharpOptions = { failOn: 'error', ignoreIcc: true, limitInputPixels: PIXEL_LIMIT }

/**
 * The first picture of an image file as 8-bit RGB, [H, W, 3], with the same bytes as Pillow's
 * `Image.open(…).convert('RGB')`: alpha is dropped, not blended; CMYK without colour management.
 * Known differences: 16-bit grey is scaled (Pillow clips it to white), transparent GIF pixels are black, and AVIF
 * differs by up to about 30 of 255 at coloured edges (mean 1).
 * @throws LinchpinError FILE_EMPTY, IMAGE_INVALID
 */
export async function decodeRgb(bytes: Buffer): Promise<RgbImage> {
  if (bytes.length === 0) throw new LinchpinError('FILE_EMPTY', 'It has 0 bytes.')
  const format = formatOf(bytes)
  if (format === 'bmp') return readBmp(bytes)
  if (format === 'pnm') return readPnm(bytes)
  if (format === null) {
    const found = JSON.stringify(bytes.toString('latin1', 0, 12))
    throw new LinchpinError('IMAGE_INVALID', `It begins with ${found}, as no image format that is read.`)
  }
  try {
    return await decodeWithSharp(bytes)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    throw new LinchpinError(
      'IMAGE_INVALID',
      `Decoding failed: ${text.trim().replaceAll(/\s*\n\s*/g, '; ')}.`,
      {
        cause: error
      }
    )
  }
}

async function decodeWithSharp(bytes: Buffer): Promise<RgbImage> {
  const { space } = await sharp(bytes, OPTIONS).metadata()
  const image = sharp(bytes, OPTIONS)
  if (space === 'cmyk') image.pipelineColourspace('cmyk').toColourspace('cmyk')
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  if (space === 'cmyk') return { width, height, pixels: cmykToRgb(data, channels) }
  return { width, height, pixels: channels === 3 ? data : colourChannels(data, channels) }
}

function formatOf(bytes: Buffer): 'sharp' | 'bmp' | 'pnm' | null {
  const head = bytes.toString('latin1', 0, 12)
  if (head.startsWith('\xff\xd8\xff') || head.startsWith('\x89PNG\r\n\x1a\n')) return 'sharp'
  if (head.startsWith('GIF8') || /^(II[*+]\0|MM\0[*+])/.test(head)) return 'sharp'
  if (/^RIFF[^]{4}WEBP/.test(head) || head.startsWith('ftyp', 4)) return 'sharp'
  if (head.startsWith('BM')) return 'bmp'
  return /^P[2356]\s/.test(head) ? 'pnm' : null
}

/** Drops alpha; one grey channel becomes three. */
function colourChannels(data: Uint8Array, channels: number): Uint8Array {
  const pixels = new Uint8Array((data.length / channels) * 3)
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2]
  for (let from = 0, to = 0; to < pixels.length; from += channels, to += 3) {
    pixels[to] = data[from] ?? 0
    pixels[to + 1] = data[from + green] ?? 0
    pixels[to + 2] = data[from + blue] ?? 0
  }
  return pixels
}

/** Source: Pillow 12, `cmyk2rgb` in `src/libImaging/Convert.c`, which rounds products of bytes this way. */
function cmykToRgb(data: Uint8Array, channels: number): Uint8Array {
  const pixels = new Uint8Array((data.length / channels) * 3)
  for (let from = 0, to = 0; to < pixels.length; from += channels, to += 3) {
    const light = 255 - (data[from + 3] ?? 0)
    for (let channel = 0; channel < 3; channel++) {
      const product = (data[from + channel] ?? 0) * light + 128
      pixels[to + channel] = Math.max(0, light - (((product >> 8) + product) >> 8))
    }
  }
  return pixels
}
