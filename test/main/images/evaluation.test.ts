import { createHash } from 'node:crypto'
import { appendFile, readdir, readFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exportEvaluation, openEvaluation, prepareEvaluation } from '../../../src/main/images'
import { prepareImage } from '../../../src/main/images/prepare'
import { failure, npy, plainPng, request, temporaryFolder, writeFiles } from './support'

/** A folder `data` with images of one red value each, by name, and a folder `cache` beside it. */
async function workplace(
  reds: Readonly<Record<string, number>>,
  others: Readonly<Record<string, string | Uint8Array>> = {}
): Promise<{ data: string; cacheFolder: string }> {
  const folder = await temporaryFolder()
  const data = join(folder, 'data')
  for (const [name, red] of Object.entries(reds)) await writeFiles(data, { [name]: await plainPng(red) })
  await writeFiles(data, others)
  return { data, cacheFolder: join(folder, 'cache') }
}

/** The first red value of each image. */
async function redsOf(path: string, offset = 0): Promise<number[]> {
  const bytes = (await readFile(path)).subarray(offset)
  return Array.from({ length: bytes.length / 192 }, (_, index) => bytes[index * 192] ?? -1)
}

const reds = { 'cat/1.png': 10, 'cat/2.png': 20, 'dog/1.png': 30, 'dog/写真 ä.png': 40 }

describe('image folders', () => {
  test('all: file order, labels, pixels and their hash', async () => {
    const { data, cacheFolder } = await workplace(reds)
    const progress: string[] = []
    const prepared = await prepareEvaluation(request(data, { all: true }), {
      cacheFolder,
      onProgress: (done, total) => progress.push(`${done}/${total}`)
    })
    expect(prepared.files).toEqual(['cat/1.png', 'cat/2.png', 'dog/1.png', 'dog/写真 ä.png'])
    expect(prepared.labels).toEqual([0, 0, 1, 1])
    expect(await redsOf(prepared.images.path)).toEqual([10, 20, 30, 40])
    const hash = createHash('sha256')
      .update(await readFile(prepared.images.path))
      .update('uint8 [4, 3, 8, 8]')
      .digest('hex')
    expect(prepared.evaluation).toEqual({
      request: request(data, { all: true }),
      kind: 'class-folders',
      hash,
      count: 4,
      available: 4,
      height: 8,
      width: 8,
      dtype: 'uint8',
      preparation: { resize: 8, crop: 8 },
      labelled: true,
      classes: ['cat', 'dog'],
      classCounts: [2, 2],
      skipped: []
    })
    expect(prepared.images).toMatchObject({ offset: 0, dtype: 'uint8', height: 8, width: 8, count: 4 })
    expect(progress).toEqual(['1/4', '2/4', '3/4', '4/4', '4/4'])
  })

  test('a selection has its labels and pixels in evaluation order', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `${index % 4}/${index}.png`)
    const { data, cacheFolder } = await workplace(
      Object.fromEntries(names.map((name, index) => [name, index * 6]))
    )
    const { files, labels, images, evaluation } = await prepareEvaluation(
      request(data, { count: 12, stratified: true, seed: 3 }),
      { cacheFolder }
    )
    const indices = files.map((file) => names.indexOf(file))
    expect(new Set(indices).size).toBe(12)
    expect(labels).toEqual(indices.map((index) => index % 4))
    expect(await redsOf(images.path)).toEqual(indices.map((index) => index * 6))
    expect(evaluation).toMatchObject({ count: 12, available: 40, classCounts: [3, 3, 3, 3] })
  })

  test('the pixels are those of each image alone', async () => {
    const fixtures = join(import.meta.dirname, '../../fixtures/images')
    const { cacheFolder } = await workplace({})
    const { files, images } = await prepareEvaluation(request(fixtures, { resize: 64, crop: 56 }), {
      cacheFolder
    })
    const pixels = await readFile(images.path)
    for (const [index, file] of files.entries()) {
      const alone = await prepareImage(join(fixtures, file), { resize: 64, crop: 56 })
      expect(Buffer.compare(alone, pixels.subarray(index * 9408, (index + 1) * 9408))).toBe(0)
    }
  })

  test('what cannot be read is skipped and named, and the next of the order takes its place', async () => {
    const good = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`${index}.png`, 10 * index]))
    const png = await plainPng(1)
    const { data, cacheFolder } = await workplace(good, {
      'text.jpg': 'not an image',
      'empty.png': '',
      'half.png': png.subarray(0, png.length / 2),
      'labels.csv': [...Object.keys(good), 'text.jpg', 'empty.png', 'half.png']
        .map((file, label) => `${file},${label}`)
        .join('\n')
    })
    const { files, labels, images, evaluation } = await prepareEvaluation(
      request(data, { count: 6, labels: join(data, 'labels.csv') }),
      { cacheFolder }
    )
    expect(files.toSorted()).toEqual(Object.keys(good))
    expect(labels).toEqual(files.map((file) => Number(file[0])))
    expect(await redsOf(images.path)).toEqual(files.map((file) => 10 * Number(file[0])))
    const reasons = Object.fromEntries(evaluation.skipped.map(({ file, reason }) => [file, reason]))
    const all = await prepareEvaluation(request(data, { all: true }), { cacheFolder })
    expect(all.evaluation.count).toBe(6)
    expect(all.evaluation.skipped.map(({ file }) => file)).toEqual(['empty.png', 'half.png', 'text.jpg'])
    expect(all.evaluation.skipped).toEqual(expect.arrayContaining(evaluation.skipped))
    for (const reason of Object.values(reasons)) expect(reason).toMatch(/cannot be read|is empty/)
  })

  test('nothing but damaged images', async () => {
    const { data, cacheFolder } = await workplace({}, { 'a.jpg': 'no', 'b.png': '' })
    const error = await failure(prepareEvaluation(request(data), { cacheFolder }))
    expect(error.code).toBe('NO_IMAGES')
    expect(error.message).toContain('2 images, and none can be read')
    expect(error.details?.toSorted()[1]).toBe('b.png: The file is empty. It has 0 bytes.')
    expect(await readdir(cacheFolder)).toEqual([])
  })
})

describe('the cache', () => {
  test('is used again, until a file changes', async () => {
    const { data, cacheFolder } = await workplace(reds)
    const first = await prepareEvaluation(request(data), { cacheFolder })
    const written = await readdir(cacheFolder)
    const progress: number[] = []
    const again = await prepareEvaluation(request(data), {
      cacheFolder,
      onProgress: (done) => progress.push(done)
    })
    expect(again).toEqual(first)
    expect(progress).toEqual([4])
    expect(await readdir(cacheFolder)).toEqual(written)

    await writeFiles(data, { 'cat/1.png': await plainPng(99) })
    await utimes(join(data, 'cat/1.png'), 1, 1)
    const changed = await prepareEvaluation(request(data), { cacheFolder })
    expect(changed.evaluation.hash).not.toBe(first.evaluation.hash)
    expect((await redsOf(changed.images.path)).toSorted((a, b) => a - b)).toEqual([20, 30, 40, 99])
  })

  test.each([
    ['shortened pixels', async (path: string) => truncate(path, 100)],
    ['lengthened pixels', async (path: string) => appendFile(path, 'x')],
    ['other pixels', async (path: string) => writeFile(path, Buffer.alloc(768, 7))],
    ['no pixels', async (path: string) => rm(path)],
    ['half a note', async (path: string) => truncate(path.replace('.u8', '.json'), 50)],
    ['no note', async (path: string) => rm(path.replace('.u8', '.json'))]
  ])('with %s is made anew', async (_, damage) => {
    const { data, cacheFolder } = await workplace(reds)
    const first = await prepareEvaluation(request(data, { all: true }), { cacheFolder })
    await damage(first.images.path)
    const again = await prepareEvaluation(request(data, { all: true }), { cacheFolder })
    expect(again).toEqual(first)
    expect(await redsOf(again.images.path)).toEqual([10, 20, 30, 40])
    expect((await readdir(cacheFolder)).length).toBe(2)
  })

  test('knows when an image that stood in for a damaged one is another now', async () => {
    const { data, cacheFolder } = await workplace({ 'a.png': 1, 'b.png': 2, 'c.png': 3 })
    const wanted = request(data, { count: 2 })
    const order = (await prepareEvaluation(request(data, { count: 3 }), { cacheFolder })).files
    await writeFiles(data, { [order[0] ?? '']: 'damaged' })
    const first = await prepareEvaluation(wanted, { cacheFolder })
    expect(first.files).toEqual(order.slice(1))
    await writeFiles(data, { [order[2] ?? '']: await plainPng(77) })
    await utimes(join(data, order[2] ?? ''), 5, 5)
    expect((await redsOf((await prepareEvaluation(wanted, { cacheFolder })).images.path))[1]).toBe(77)
  })

  test('opens a set without its source, and otherwise prepares it again', async () => {
    const { data, cacheFolder } = await workplace(reds)
    const { evaluation, images } = await prepareEvaluation(request(data), { cacheFolder })
    await rename(data, `${data}-away`)
    expect(await openEvaluation(evaluation, { cacheFolder })).toEqual(images)
    await rm(cacheFolder, { recursive: true })
    expect((await failure(openEvaluation(evaluation, { cacheFolder }))).code).toBe('FILE_NOT_FOUND')
    await rename(`${data}-away`, data)
    expect(await openEvaluation(evaluation, { cacheFolder })).toEqual(images)

    await rm(cacheFolder, { recursive: true })
    await writeFiles(data, { 'cat/1.png': await plainPng(99) })
    const error = await failure(openEvaluation(evaluation, { cacheFolder }))
    expect(error.code).toBe('FILE_CHANGED')
    expect(error.fix).toContain('choose the evaluation set again')
  })
})

describe('arrays', () => {
  const pixels = Uint8Array.from({ length: 5 * 192 }, (_, index) => Math.floor(index / 192))
  const images = npy('|u1', [5, 3, 8, 8], pixels)
  const floats = new Float32Array(2 * 192).map((_, index) => index / 7)

  test('a whole array with channels first stays where it is', async () => {
    const { data, cacheFolder } = await workplace({}, { 'x.npy': images })
    const path = join(data, 'x.npy')
    const prepared = await prepareEvaluation(request(path, { all: true }), { cacheFolder })
    expect(prepared.images).toMatchObject({ path, offset: 128, count: 5, channelsLast: false })
    expect(prepared.evaluation).toMatchObject({
      kind: 'array',
      preparation: null,
      labelled: false,
      available: 5
    })
    const hash = createHash('sha256').update(pixels).update('uint8 [5, 3, 8, 8]').digest('hex')
    expect(prepared.evaluation.hash).toBe(hash)
    expect((await readdir(cacheFolder)).every((name) => name.endsWith('.json'))).toBe(true)
  })

  test('a selection is copied in its order, with labels', async () => {
    const labels = npy('|u1', [5], Uint8Array.from([4, 3, 2, 1, 0]))
    const { data, cacheFolder } = await workplace({}, { 'x.npy': images, 'y.npy': labels })
    const wanted = request(join(data, 'x.npy'), { count: 3, labels: join(data, 'y.npy') })
    const prepared = await prepareEvaluation(wanted, { cacheFolder })
    const order = prepared.files.map(Number)
    expect(await redsOf(prepared.images.path)).toEqual(order)
    expect(prepared.labels).toEqual(order.map((index) => 4 - index))
    expect(prepared.evaluation.classCounts.reduce((sum, n) => sum + n, 0)).toBe(3)
  })

  test('channels last are turned to channels first, also of floats', async () => {
    // numpy.arange(24).reshape(2, 3, 2, 2).transpose(0, 2, 3, 1)
    const last = [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, 12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23]
    const { data, cacheFolder } = await workplace(
      {},
      {
        'u1.npy': npy('|u1', [2, 2, 2, 3], Uint8Array.from(last)),
        'f4.npy': npy('<f4', [2, 2, 2, 3], new Uint8Array(Float32Array.from(last).buffer))
      }
    )
    const expected = Array.from({ length: 24 }, (_, index) => index)
    for (const [name, bytes] of [
      ['u1.npy', 1],
      ['f4.npy', 4]
    ] as const) {
      const prepared = await prepareEvaluation(request(join(data, name), { all: true }), { cacheFolder })
      const content = await readFile(prepared.images.path)
      const values = bytes === 1 ? content : new Float32Array(new Uint8Array(content).buffer)
      expect([...values]).toEqual(expected)
      expect(prepared.images).toMatchObject({ offset: 0, channelsLast: false })
    }
  })

  test('a float that is not finite is refused, wherever it stands', async () => {
    for (const [at, value] of [
      [0, NaN],
      [383, Infinity]
    ] as const) {
      const damaged = floats.slice()
      damaged[at] = value
      const { data, cacheFolder } = await workplace(
        {},
        {
          'x.npy': npy('<f4', [2, 3, 8, 8], new Uint8Array(damaged.buffer))
        }
      )
      const error = await failure(
        prepareEvaluation(request(join(data, 'x.npy'), { all: true }), { cacheFolder })
      )
      expect(error.code).toBe('ARRAY_INVALID')
      expect(error.message).toContain(`Image ${at === 0 ? 0 : 1} of`)
      expect(await readdir(cacheFolder)).toEqual([])
    }
  })

  test('an exported set is the array it came from, byte for byte', async () => {
    const original = npy('<f4', [2, 3, 8, 8], new Uint8Array(floats.buffer))
    const { data, cacheFolder } = await workplace({}, { 'x.npy': original })
    const prepared = await prepareEvaluation(request(join(data, 'x.npy'), { all: true }), { cacheFolder })
    const path = join(data, 'out.npy')
    expect(await exportEvaluation(prepared.images, path)).toBe(2)
    expect(Buffer.compare(await readFile(path), original)).toBe(0)
  })
})

describe('failures leave nothing behind', () => {
  test('cancelled while preparing', async () => {
    const { data, cacheFolder } = await workplace(reds)
    const stop = new AbortController()
    const error = await failure(
      prepareEvaluation(request(data), {
        cacheFolder,
        signal: stop.signal,
        onProgress: () => {
          stop.abort()
        }
      })
    )
    expect(error.code).toBe('CANCELLED')
    expect(await readdir(cacheFolder)).toEqual([])
  })

  test('an export that is cancelled, or whose pixels are gone', async () => {
    const { data, cacheFolder } = await workplace(reds)
    const { images } = await prepareEvaluation(request(data), { cacheFolder })
    const path = join(data, 'out.npy')
    expect((await failure(exportEvaluation(images, path, AbortSignal.abort()))).code).toBe('CANCELLED')
    await truncate(images.path, 100)
    expect((await failure(exportEvaluation(images, path))).code).toBe('FILE_TRUNCATED')
    await rm(images.path)
    expect((await failure(exportEvaluation(images, path))).code).toBe('FILE_NOT_FOUND')
    expect((await readdir(data)).toSorted()).toEqual(['cat', 'dog'])
  })

  test('a cache folder that cannot be made', async () => {
    const { data } = await workplace(reds, { file: 'x' })
    const error = await failure(prepareEvaluation(request(data), { cacheFolder: join(data, 'file/cache') }))
    expect(error.code).toBe('FILE_UNWRITABLE')
  })
})
