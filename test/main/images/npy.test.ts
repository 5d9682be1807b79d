import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { NpyWriter, openImageArray } from '../../../src/main/images'
import { requireSpace } from '../../../src/main/images/atomic-file'
import { fileError } from '../../../src/main/files/errors'
import { failure, npy, temporaryFolder } from './support'

// f = io.BytesIO(); numpy.save(f, numpy.arange(24, dtype='uint8').reshape(2, 3, 2, 2)); base64.b64encode(f.getvalue())
const SAVED =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMsIDIsIDIpLCB9ICAgICAg' +
  'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhc='
// numpy.asfortranarray(numpy.zeros((2, 3, 2, 2), 'uint8')), numpy.zeros(2, [('a', '<i4')]), numpy.array(['a', 'b'])
const FORTRAN =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgMiwgMiksIH0gICAgICAg' +
  'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
const STRUCTURED =
  'k05VTVBZAQB2AHsnZGVzY3InOiBbKCdhJywgJzxpNCcpXSwgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAg' +
  'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAA=='
const TEXTS =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPFUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAg' +
  'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAphAAAAYgAAAA=='

async function written(bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'images.npy')
  await writeFile(path, bytes)
  return path
}

describe('image arrays', () => {
  test('a file of numpy.save', async () => {
    const path = await written(Buffer.from(SAVED, 'base64'))
    const expected = { path, offset: 128, dtype: 'uint8', height: 2, width: 2, channelsLast: false, count: 2 }
    expect(await openImageArray(path)).toEqual(expected)
  })

  test.each([
    ['|u1', [1, 4, 5, 3], 60, { dtype: 'uint8', height: 4, width: 5, channelsLast: true }],
    ['<f4', [1, 3, 4, 5], 240, { dtype: 'float32', height: 4, width: 5, channelsLast: false }],
    ['|u1', [2, 3, 4, 3], 72, { dtype: 'uint8', height: 4, width: 3, channelsLast: false }]
  ])('%s %j', async (descr, shape, bytes, expected) => {
    const path = await written(npy(descr, shape, new Uint8Array(bytes)))
    expect(await openImageArray(path)).toMatchObject(expected)
  })

  const zeros = new Uint8Array(96)
  test.each([
    ['grey', npy('|u1', [2, 1, 4, 4], zeros), 'ARRAY_INVALID', '[2, 1, 4, 4]; images are [N, 3, H, W]'],
    ['four channels', npy('|u1', [1, 4, 4, 4], zeros), 'ARRAY_INVALID', '[1, 4, 4, 4]'],
    ['one image', npy('|u1', [4, 4, 3], zeros), 'ARRAY_INVALID', '[4, 4, 3]'],
    ['float64', npy('<f8', [1, 3, 2, 2], zeros), 'ARRAY_INVALID', '"<f8"'],
    ['big-endian', npy('>f4', [1, 3, 2, 2], zeros), 'ARRAY_INVALID', '">f4"'],
    ['no images', npy('|u1', [0, 3, 2, 2], zeros), 'NO_IMAGES', '[0, 3, 2, 2]'],
    ['Fortran order', Buffer.from(FORTRAN, 'base64'), 'ARRAY_INVALID', 'Fortran order'],
    ['structured', Buffer.from(STRUCTURED, 'base64'), 'ARRAY_INVALID', 'structured'],
    ['texts', Buffer.from(TEXTS, 'base64'), 'ARRAY_INVALID', '"<U1"'],
    [
      'truncated',
      npy('|u1', [9, 3, 2, 2], zeros),
      'FILE_TRUNCATED',
      '224 bytes, and |u1 [9, 3, 2, 2] needs 236'
    ],
    ['truncated header', Buffer.from(SAVED, 'base64').subarray(0, 40), 'FILE_TRUNCATED', '40 bytes'],
    ['truncated magic', Buffer.from(SAVED, 'base64').subarray(0, 7), 'FILE_TRUNCATED', '7 bytes'],
    ['nothing', new Uint8Array(0), 'FILE_EMPTY', '0 bytes'],
    ['text', Buffer.from('hello world!'), 'FORMAT_INVALID', 'begins with "hello "'],
    ['a later version', Buffer.from(SAVED.replace('AQB2', 'BAB2'), 'base64'), 'FORMAT_INVALID', 'version 4'],
    [
      'no shape',
      Buffer.from(`\x93NUMPY\x01\x00\x10\x00{'descr': '|u1'}`, 'latin1'),
      'FORMAT_INVALID',
      '"shape"'
    ]
  ])('%s', async (_, bytes, code, text) => {
    const error = await failure(openImageArray(await written(bytes)))
    expect(error.code).toBe(code)
    expect(error.message).toContain(text)
  })

  test('a missing file', async () => {
    expect((await failure(openImageArray('/nowhere/x.npy'))).code).toBe('FILE_NOT_FOUND')
  })
})

describe('NpyWriter', () => {
  test('writes what numpy.save writes, byte for byte, and nothing under the name before it is closed', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, '写真.npy')
    const writer = await NpyWriter.create(path, 'uint8', [3, 2, 2])
    const bytes = Uint8Array.from({ length: 24 }, (_, index) => index)
    await writer.write(bytes.subarray(0, 7))
    await writer.write(bytes.subarray(7))
    expect((await readdir(folder)).every((name) => name.endsWith('.part'))).toBe(true)
    expect(await writer.close()).toBe(2)
    await writer.discard()
    expect(await readdir(folder)).toEqual(['写真.npy'])
    expect((await readFile(path)).toString('base64')).toBe(SAVED)
  })

  test('leaves no file when it is discarded, and keeps the one that was there', async () => {
    const path = await written(Buffer.from('before'))
    const writer = await NpyWriter.create(path, 'float32', [10])
    await writer.write(new Uint8Array(40))
    await writer.discard()
    expect(await readFile(path, 'utf8')).toBe('before')
    expect(await readdir(join(path, '..'))).toEqual(['images.npy'])
  })

  test('names a folder that cannot be written', async () => {
    const file = await written(Buffer.from('x'))
    for (const path of ['/nowhere/x.npy', join(file, 'x.npy')]) {
      const error = await failure(NpyWriter.create(path, 'uint8', [1]))
      expect(error.code).toBe('FILE_UNWRITABLE')
      expect(error.message).toContain(path)
    }
  })

  test('a name that a folder has is refused, and nothing is left', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'taken')
    await NpyWriter.create(path, 'uint8', [1]).then((writer) => writer.close())
    const inside = await NpyWriter.create(folder, 'uint8', [1])
    expect((await failure(inside.close())).code).toBe('FILE_UNWRITABLE')
    await inside.discard()
    expect(await readdir(folder)).toEqual(['taken'])
  })
})

test('a full disk and a read-only one are told apart', () => {
  const thrown = (code: string): unknown =>
    fileError(Object.assign(new Error(code), { code }), '/a/b', 'write')
  expect(thrown('ENOSPC')).toMatchObject({ code: 'DISK_FULL' })
  expect(thrown('EDQUOT')).toMatchObject({ code: 'DISK_FULL' })
  expect(thrown('EROFS')).toMatchObject({ code: 'FILE_UNWRITABLE' })
  expect(thrown('EACCES')).toMatchObject({ code: 'FILE_UNWRITABLE' })
})

test('more than the disk holds is refused beforehand, with both sizes', async () => {
  const error = await failure(requireSpace(await temporaryFolder(), 9e18))
  expect(error.code).toBe('DISK_FULL')
  expect(error.message).toMatch(/take 9000000000000 MB, and ".*" has \d+ MB left/)
})
