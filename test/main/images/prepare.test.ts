import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeRgb } from '../../../src/main/images/decode/decode'
import { placement } from '../../../src/main/images/geometry'
import { prepareImage, prepareRgb } from '../../../src/main/images/prepare'
import oddFiles from './odd-files.json' with { type: 'json' }
import { failure, temporaryFolder } from './support'

const fixtures = join(import.meta.dirname, '../../fixtures/images')

describe('against torchvision', async () => {
  const index: { resize: number; crop: number; expected: string; files: { file: string }[] } = JSON.parse(
    await readFile(join(fixtures, 'index.json'), 'utf8')
  )
  const expected = await readFile(join(fixtures, index.expected))
  const size = 3 * index.crop ** 2
  const start = expected.length - index.files.length * size

  test.each(index.files.map(({ file }, position) => ({ file, position })))(
    '$file has the same pixels, bit for bit',
    async ({ file, position }) => {
      const pixels = await prepareImage(join(fixtures, file), index)
      const reference = expected.subarray(start + position * size, start + (position + 1) * size)
      expect(Buffer.compare(pixels, reference)).toBe(0)
    }
  )

  // y, x = np.mgrid[0:h, 0:w]; a = np.stack([(x*7 + y*13) % 256, (x*x + 3*y) % 256, (x*31 ^ y*17) % 256], -1)
  // b = np.asarray(Compose([Resize(r), CenterCrop(c)])(Image.fromarray(a.astype(np.uint8))))
  // hashlib.sha256(np.ascontiguousarray(b.transpose(2, 0, 1)).tobytes()).hexdigest()[:16]
  test.each([
    [500, 375, 256, 224, '2666ffd51e9e6216'],
    [375, 500, 256, 224, '703601b3f9851c01'],
    [333, 257, 256, 224, '03d6d8d52f3a234f'],
    [97, 61, 64, 56, 'ec2021a4f1d7b42d'],
    [40, 30, 64, 56, 'a95394e52ebe6764'],
    [10, 7, 8, 16, '192b11dc60201033'],
    [7, 10, 9, 16, '0d3afa471defbe90'],
    [31, 5, 5, 5, '8fe6ae9f71abb61a'],
    [13, 9, 9, 12, '7e70dbb89c2f1882'],
    [1, 1, 3, 2, '15ec7bf0b50732b4'],
    [3, 200, 7, 5, '3d5c19c9e1c186bb']
  ])('%i × %i, resize %i, crop %i', (width, height, resize, crop, hash) => {
    const pixels = new Uint8Array(width * height * 3)
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at += 3)
        pixels.set([x * 7 + y * 13, x * x + 3 * y, (x * 31) ^ (y * 17)], at)
    }
    const prepared = prepareRgb({ width, height, pixels }, { resize, crop })
    expect(createHash('sha256').update(prepared).digest('hex').slice(0, 16)).toBe(hash)
  })
})

test('the long side is truncated and the crop is rounded half to even', () => {
  expect(placement(500, 375, { resize: 256, crop: 224 })).toEqual({
    width: 341,
    height: 256,
    window: { left: 58, top: 16, width: 224, height: 224 },
    left: 0,
    top: 0
  })
})

test('an image smaller than the crop is padded with 0, the odd row and column after it', () => {
  const pixels = new Uint8Array(2 * 2 * 3).fill(9)
  const plane = [0, 0, 0, 0, 0, 0, 9, 9, 0, 0, 0, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  expect([...prepareRgb({ width: 2, height: 2, pixels }, { resize: 2, crop: 5 })]).toEqual([
    ...plane,
    ...plane,
    ...plane
  ])
})

test.each(oddFiles)('$name is read as Pillow converts it to RGB', async ({ bytes, rgb }) => {
  const image = await decodeRgb(Buffer.from(bytes, 'base64'))
  expect([image.width, image.height]).toEqual([6, 5])
  expect(Buffer.from(image.pixels).toString('base64')).toBe(rgb)
})

describe('what is no sound image is refused', () => {
  const half = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length / 2)
  const odd = (name: string): Buffer =>
    Buffer.from(oddFiles.find((file) => file.name === name)?.bytes ?? '', 'base64')

  test.each([
    ['text', Buffer.from('not an image'), 'IMAGE_INVALID', '"not an image"'],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'IMAGE_INVALID', '<svg'],
    ['nothing', Buffer.alloc(0), 'FILE_EMPTY', '0 bytes'],
    ['half a BMP', half(odd('rgb.bmp')), 'IMAGE_INVALID', 'of 154 bytes'],
    ['half a PPM', half(odd('rgb.ppm')), 'IMAGE_INVALID', 'announces 90'],
    ['a PPM without size', Buffer.from('P6\n0 5\n255\n'), 'IMAGE_INVALID', 'header'],
    ['half a PNG', half(odd('la.png')), 'IMAGE_INVALID', 'Decoding failed'],
    ['half a TIFF', half(odd('cmyk.tif')), 'IMAGE_INVALID', 'Decoding failed'],
    ['half a WebP', half(odd('alpha.webp')), 'IMAGE_INVALID', 'Decoding failed'],
    ['half a GIF', half(odd('frames.gif')), 'IMAGE_INVALID', 'Decoding failed']
  ])('%s', async (_, bytes, code, text) => {
    const error = await failure(decodeRgb(bytes))
    expect(error.code).toBe(code)
    expect(error.message).toContain(text)
    expect(error.message).not.toContain('\n')
  })

  test('a JPEG that ends early, even by two bytes', async () => {
    const bytes = await readFile(join(fixtures, 'landscape_97x61.jpg'))
    const path = join(await temporaryFolder(), 'a.jpg')
    for (const length of [bytes.length / 2, bytes.length - 2]) {
      await writeFile(path, bytes.subarray(0, length))
      expect((await failure(prepareImage(path, { resize: 8, crop: 8 }))).code).toBe('IMAGE_INVALID')
    }
  })
})
