/** First bytes of each format by its own specification. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashFiles, openCheckpoint } from '../../../src/main/checkpoints'
import { temporaryFolder } from '../../support/folder'
import { expectProblem } from '../../support/problems'
import { zip } from './pytorch/zips'

const text = (value: string): Buffer => Buffer.from(value, 'latin1')
const tar = Buffer.alloc(512)
tar.write('model.bin')
tar.write('ustar', 257)

const formats: [string, Buffer, string][] = [
  ['zip', zip([{ name: 'word/document.xml', data: text('<w/>') }]), 'zip'],
  ['pickle', text('\x80\x02}q\0(X\x05\0\0\0stateq\x01'), 'pickle'],
  ['HDF5', text('\x89HDF\r\n\x1a\n\0\0\0\0'), 'HDF5'],
  ['npy', text("\x93NUMPY\x01\0\x46\0{'descr': '<f4'"), 'NumPy'],
  ['gzip', text('\x1f\x8b\x08\0\0\0\0\0\0\x03'), 'gzip'],
  ['LFS pointer', text('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 123\n'), 'Git LFS'],
  ['HTML', text('\n<!DOCTYPE html><html><head></head></html>'), 'HTML'],
  ['tar', tar, 'tar'],
  ['SQLite', text('SQLite format 3\0\x10\0\x01\x01'), 'study'],
  ['PNG', text('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'), 'PNG'],
  ['JPEG', text('\xff\xd8\xff\xe0\0\x10JFIF\0'), 'JPEG']
]

function written(bytes: Uint8Array, name: string): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, bytes)
  return path
}

describe.each(formats)('%s', (_, bytes, named) => {
  it.each(['model.safetensors', 'model.onnx', 'model.pth', 'model'])(
    'named %s is said to be one',
    async (name) => {
      const problem = await expectProblem(
        openCheckpoint(written(bytes, name)),
        'FORMAT_UNSUPPORTED',
        `"${name}"`,
        named
      )
      expect(problem.fix).toBeDefined()
    }
  )
})

it('bytes of no known kind are quoted', async () => {
  const path = written(Uint8Array.of(0xde, 0xad, 0xbe, 0xef), 'model.bin')
  await expectProblem(openCheckpoint(path), 'FORMAT_UNKNOWN', '"model.bin" begins with de ad be ef')
})

describe('the name of a content', () => {
  it('is its SHA-256', async () => {
    // NIST, FIPS 180-2, appendix B.1.
    expect(await hashFiles([written(text('abc'), 'a')])).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    )
  })

  it('of several files is that of their names and hashes', async () => {
    const folder = temporaryFolder()
    const files = ['m.onnx', 'm.data'].map((name) => join(folder, name))
    for (const path of files) writeFileSync(path, path.slice(-1))
    const one = (content: string): string => createHash('sha256').update(content).digest('hex')
    expect(await hashFiles(files)).toBe(one(`m.onnx\0${one('x')}\0m.data\0${one('a')}\0`))
  })

  it('of a file that is not there is refused', async () => {
    await expectProblem(hashFiles([join(temporaryFolder(), 'gone')]), 'FILE_NOT_FOUND', 'gone')
  })
})
