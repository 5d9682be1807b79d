import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scanImages } from '../../../src/main/images'
import { failure, temporaryFolder, writeFiles } from './support'

function empty(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, 'x']))
}

// d = torchvision.datasets.ImageFolder(folder); d.classes; [(p[len(folder) + 1:], l) for p, l in d.samples]
test('class folders have the order and the labels of ImageFolder', async () => {
  const folder = await temporaryFolder()
  const given = ['b/z.png', 'b/a/x.png', 'b/a-b/y.png', 'b/a/c/q.jpeg', 'b/A.PNG', 'b/10.jpg', 'b/9.jpg']
  const others = [
    '10/1.tif',
    '9/1.tiff',
    '写真/äö.png',
    'é/1.bmp',
    '😀/1.ppm',
    '～/1.pgm',
    '～/😀.png',
    '～/～.png'
  ]
  await writeFiles(folder, empty([...given, ...others, 'b/notes.txt', 'b/.hidden.png', '.git/a.png']))
  const source = await scanImages(folder)
  expect(source.kind).toBe('class-folders')
  expect(source.classes).toEqual(['10', '9', 'b', 'é', '写真', '～', '😀'])
  expect(source.files.map((file, index) => [file, source.labels?.[index]])).toEqual([
    ['10/1.tif', 0],
    ['9/1.tiff', 1],
    ['b/10.jpg', 2],
    ['b/9.jpg', 2],
    ['b/A.PNG', 2],
    ['b/z.png', 2],
    ['b/a/x.png', 2],
    ['b/a-b/y.png', 2],
    ['b/a/c/q.jpeg', 2],
    ['é/1.bmp', 3],
    ['写真/äö.png', 4],
    ['～/1.pgm', 5],
    ['～/～.png', 5],
    ['～/😀.png', 5],
    ['😀/1.ppm', 6]
  ])
  expect(source.skipped).toEqual([])
})

test('a flat folder is sorted by name and has no labels', async () => {
  const folder = await temporaryFolder()
  await writeFiles(folder, empty(['b.png', 'a.JPG', '10.webp', '9.gif', 'readme.md', 'empty/notes.txt']))
  const source = await scanImages(folder)
  expect(source).toMatchObject({ kind: 'flat-folder', labels: null, classes: [] })
  expect(source.files).toEqual(['10.webp', '9.gif', 'a.JPG', 'b.png'])
})

test('images beside class folders are named; an empty class keeps its number', async () => {
  const folder = await temporaryFolder()
  await writeFiles(folder, empty(['cat/1.png', 'dog/notes.txt', 'owl/1.png', 'stray.png']))
  const source = await scanImages(folder)
  expect(source.classes).toEqual(['cat', 'dog', 'owl'])
  expect(source.labels).toEqual([0, 2])
  expect(source.skipped).toEqual([
    { file: 'stray.png', reason: 'It lies beside the class folders, in none of them.' }
  ])
})

test('links are followed, but not in circles, and dead ones are named', async () => {
  const folder = await temporaryFolder()
  await writeFiles(folder, empty(['data/cat/a.png', 'data/cat/deep/b.png', 'elsewhere/c.png']))
  const data = join(folder, 'data')
  await symlink(data, join(data, 'cat/deep/root'))
  await symlink(join(data, 'cat'), join(data, 'cat/deep/up'))
  await symlink(join(folder, 'elsewhere'), join(data, 'dog'))
  await symlink(join(folder, 'nowhere.png'), join(data, 'cat/dead.png'))
  const source = await scanImages(data)
  expect(source.files).toEqual(['cat/a.png', 'cat/deep/b.png', 'dog/c.png'])
  expect(source.skipped).toEqual([
    { file: 'cat/dead.png', reason: 'The link leads nowhere (ENOENT).' },
    { file: 'cat/deep/root', reason: 'The link leads back to a folder above it.' },
    { file: 'cat/deep/up', reason: 'The link leads back to a folder above it.' }
  ])
})

test('a folder without images, a missing path, and an archive are refused', async () => {
  const folder = await temporaryFolder()
  await writeFiles(folder, empty(['a.txt', 'b.txt', 'x.npz']))
  await mkdir(join(folder, 'sub'))
  const nothing = await failure(scanImages(folder))
  expect(nothing.code).toBe('NO_IMAGES')
  expect(nothing.message).toContain('1 folders and 3 other files')
  expect((await failure(scanImages(join(folder, 'missing')))).code).toBe('FILE_NOT_FOUND')
  expect((await failure(scanImages(join(folder, 'x.npz')))).code).toBe('FORMAT_UNSUPPORTED')
  expect((await failure(scanImages(join(folder, 'a.txt')))).code).toBe('FORMAT_INVALID')
})

test('a scan stops when it is cancelled', async () => {
  const folder = await temporaryFolder()
  expect((await failure(scanImages(folder, { signal: AbortSignal.abort() }))).code).toBe('CANCELLED')
})
