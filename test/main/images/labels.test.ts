import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readLabels } from '../../../src/main/images/labels/read'
import { type BoundLabels } from '../../../src/main/images/labels/values'
import { failure, npy, temporaryFolder } from './support'

async function labels(
  content: string | Uint8Array,
  files: readonly string[],
  classes: readonly string[] = []
): Promise<BoundLabels> {
  const path = join(await temporaryFolder(), 'labels')
  await writeFile(path, content)
  return readLabels(path, files, classes)
}

describe('.npy', () => {
  const three = ['a', 'b', 'c']

  // base64 of numpy.lib.format.write_array(f, numpy.array([3, 0, 1]).astype(descr), version)
  const rest = 'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo'
  const v1 = (type: string): string =>
    `k05VTVBZAQB2AHsnZGVzY3InOiAn${type}JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAg${rest}`
  const v23 = (version: string): string =>
    `k05VTVBZ${version}B0AAAAeydkZXNjcic6ICc8aTgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMywpLCB9` +
    'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo'
  const int64 = 'DAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAA='
  test.each([
    ['<i8', v1('PGk4') + int64],
    ['<u8', v1('PHU4') + int64],
    ['>i8', `${v1('Pmk4')}AAAAAAAAAAwAAAAAAAAAAAAAAAAAAAAE=`],
    ['<i4', `${v1('PGk0')}DAAAAAAAAAAEAAAA=`],
    ['>u2', `${v1('PnUy')}AAwAAAAE=`],
    ['|u1', `${v1('fHUx')}DAAE=`],
    ['|i1', `${v1('fGkx')}DAAE=`],
    ['version 2', v23('Ag') + int64],
    ['version 3', v23('Aw') + int64]
  ])('%s', async (_, base64) => {
    expect(await labels(Buffer.from(base64, 'base64'), three)).toEqual({ labels: [3, 0, 1], classes: [] })
  })

  const int32 = (...values: number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer)
  test.each([
    ['negative', npy('<i4', [3], int32(3, -1, 1)), 'label 1: -1'],
    ['float', npy('<f4', [3], int32(0, 0, 0)), '"<f4"; labels are integers'],
    ['[3, 1]', npy('<i4', [3, 1], int32(0, 0, 0)), '[3, 1]; labels are [N]'],
    ['too few', npy('<i4', [2], int32(0, 0)), '2 labels, and there are 3 images']
  ])('%s is refused', async (_, bytes, text) => {
    const error = await failure(labels(bytes, three))
    expect(error.code).toBe('LABELS_INVALID')
    expect(error.message).toContain(text)
  })
})

describe('one integer a line', () => {
  test('is in file order; blank lines, a byte order mark and CRLF do not matter', async () => {
    expect(await labels('\ufeff3\r\n0\r\n\r\n1\r\n', ['a', 'b', 'c'])).toEqual({
      labels: [3, 0, 1],
      classes: []
    })
  })

  test.each([
    ['1\n2\n3\n4\n', '4 labels, and there are 3 images'],
    ['1\n-2\n3\n', 'line 2: "-2"'],
    ['1\n2.5\n3\n', 'line 2: "2.5"'],
    ['1\ncat\n3\n', 'line 2: "cat"'],
    ['1\n2\n1e9', 'line 3: "1e9"']
  ])('%j is refused', async (content, text) => {
    const error = await failure(labels(content, ['a', 'b', 'c']))
    expect(error.code).toBe('LABELS_INVALID')
    expect(error.message).toContain(text)
  })

  test('an empty file', async () => {
    expect((await failure(labels('\n', ['a']))).code).toBe('FILE_EMPTY')
  })
})

describe('CSV', () => {
  const files = ['x/a.png', 'x/b, c.png', 'y/ä"d.png']

  test('with header, quoted fields, base names, composed and decomposed letters', async () => {
    const content = 'file,label\nx/a.png,2\n"b, c.png" , 0\n\n"./y/a\u0308""d.png",1\n'
    expect(await labels(content, files)).toEqual({ labels: [2, 0, 1], classes: [] })
  })

  test('without header, and with Windows paths', async () => {
    expect(await labels('y\\ä"d.png,1\n"x\\b, c.png",0\nx\\a.png,2', files)).toMatchObject({
      labels: [2, 0, 1]
    })
  })

  test('columns are found by their names', async () => {
    const content = ',label,filename\n0,5,a.png\n1,6,"b, c.png"\n2,7,"ä""d.png"'
    expect(await labels(content, files)).toMatchObject({ labels: [5, 6, 7] })
  })

  test('class names are numbered in Python’s order, or as the class folders are', async () => {
    const content = 'image,class\na.png,owl\n"b, c.png",Cat\n"ä""d.png",owl'
    expect(await labels(content, files)).toEqual({ labels: [1, 0, 1], classes: ['Cat', 'owl'] })
    expect(await labels(content, files, ['Ape', 'Cat', 'owl'])).toEqual({
      labels: [2, 1, 2],
      classes: ['Ape', 'Cat', 'owl']
    })
  })

  test('unknown, repeated, ambiguous and missing images are named', async () => {
    const error = await failure(
      labels('a.png,1\nz.png,2\nx/1.png,3\nx/1.png,3\n', ['x/1.png', 'x/a.png', 'y/a.png'])
    )
    expect(error.code).toBe('LABELS_INVALID')
    expect(error.message).toContain('4 rows for 3 images: 1 unknown, 1 ambiguous, 1 repeated, 2 missing')
    expect(error.details).toEqual([
      'line 2: "z.png" is no image of the folder',
      'line 1: "a.png" is the name of several images',
      'line 4: "x/1.png" has a label in line 3 already',
      '"x/a.png" has no label',
      '"y/a.png" has no label'
    ])
  })

  test.each([
    ['a.png,-1\nb.png,2', 'line 1: "-1"'],
    ['a.png,1.5\nb.png,2', 'line 1: "1.5"'],
    ['a.png,cat\nb.png,2', 'line 1: "cat"'],
    ['a.png,1\nb.png,', '1 rows without file and label']
  ])('%j is refused', async (content, text) => {
    const error = await failure(labels(content, ['a.png', 'b.png']))
    expect(error.code).toBe('LABELS_INVALID')
    expect(error.message).toContain(text)
  })

  test('a missing labels file', async () => {
    expect((await failure(readLabels('/nowhere/labels.csv', ['a']))).code).toBe('FILE_NOT_FOUND')
  })
})
