/** First bytes of each format by its own specification. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashFiles, openCheckpoint } from '../../../src/main/checkpoints'
import { temporaryFolder } from '../../support/folder'
import { expectProblem } from '../../support/problems'
import { checkpoints } from './fixtures'
import { zip } from './pytorch/zips'

const text = (value: string): Buffer => Buffer.from(value, 'latin1')
const tar = Buffer.alloc(512)
tar.write('model.bin')
tar.write('ustar', 257)

/** A protobuf field of text or bytes. */
const field = (number: number, ...content: (Buffer | string)[]): Buffer => {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part)))
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7]
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes])
}
/** saved_model.proto: schema version, then a graph with its facts and nodes. */
const savedModel = Buffer.concat([
  Buffer.from([8, 1]),
  field(2, field(1, field(4, 'serve'), 'x'.repeat(300)))
])
/** graph.proto: nodes with a name and an operation. */
const frozen = field(1, field(1, 'input'), field(2, 'Placeholder'), field(5, 'shape'))
/** Model.proto: specification version, then a description with its inputs. */
const coreMl = Buffer.concat([Buffer.from([8, 4]), field(2, field(1, field(1, 'image')))])

const formats: [string, Buffer, string][] = [
  ['zip', zip([{ name: 'word/document.xml', data: text('<w/>') }]), 'zip'],
  ['pickle', text('\x80\x02}q\0(X\x05\0\0\0stateq\x01'), 'pickle'],
  ['HDF5', text('\x89HDF\r\n\x1a\n\0\0\0\0'), 'HDF5'],
  ['npy', text("\x93NUMPY\x01\0\x46\0{'descr': '<f4'"), 'NumPy'],
  ['TensorFlow Lite', text('\x1c\0\0\0TFL3\x14\0\x20\0'), 'TensorFlow Lite'],
  ['GGUF', text('GGUF\x03\0\0\0'), 'GGUF'],
  ['TensorRT', text('ftrt\0\0\0\0'), 'TensorRT'],
  ['Core ML', coreMl, 'Core ML'],
  ['SavedModel', savedModel, 'TensorFlow SavedModel'],
  ['frozen graph', frozen, 'frozen TensorFlow graph'],
  ['OpenVINO', text('<?xml version="1.0"?>\n<net name="m" version="11">'), 'OpenVINO'],
  ['TensorFlow list', text('model_checkpoint_path: "model.ckpt-90"\n'), 'TensorFlow'],
  ['xz', text('\xfd7zXZ\0\0\x04'), 'xz'],
  ['zstd', text('\x28\xb5\x2f\xfd\x04\0'), 'Zstandard'],
  ['7-Zip', text('7z\xbc\xaf\x27\x1c\0\x04'), '7-Zip'],
  ['bzip2', text('BZh91AY&SY'), 'bzip2'],
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

describe('what is inside is said of', () => {
  it.each<[string, string[], string]>([
    ['Keras', ['metadata.json', 'config.json', 'model.weights.h5'], 'a Keras model: "metadata.json"'],
    ['ONNX', ['deploy/model.onnx'], 'an ONNX file in it: "deploy/model.onnx"'],
    ['TensorFlow', ['m/saved_model.pb', 'm/variables/variables.index'], 'a TensorFlow model in it'],
    ['Core ML', ['m.mlpackage/Manifest.json'], 'a Core ML package in it'],
    ['checkpoints', ['a/model.pth', 'a/README'], 'checkpoints in it: "a/model.pth", "a/README"'],
    [
      'anything',
      ['1', '2', '3', '4', '5', '6', '7'],
      'a zip archive, but no checkpoint of torch.save, TorchScript or NumPy: "1", "2", "3", "4", "5" and 2 more'
    ]
  ])('a zip archive of %s', async (_, names, what) => {
    const bytes = zip(names.map((name) => ({ name, data: text('x') })))
    await expectProblem(openCheckpoint(written(bytes, 'model.zip')), 'FORMAT_UNSUPPORTED', what)
  })

  it('an exported program', async () => {
    await expectProblem(openCheckpoint(checkpoints('exported.pt2')), 'FORMAT_UNSUPPORTED', 'torch.export')
  })

  it('a tar archive', async () => {
    const entry = (name: string, size: number, type = '0'): Buffer => {
      const bytes = Buffer.alloc(512 + Math.ceil(size / 512) * 512)
      bytes.write(name)
      bytes.write(size.toString(8).padStart(11, '0'), 124)
      bytes.write(type, 156)
      bytes.write('ustar', 257)
      return bytes
    }
    const bytes = Buffer.concat([
      entry('pax', 20, 'x'),
      entry('sys_info', 600),
      entry('pickle', 3),
      Buffer.alloc(1024)
    ])
    await expectProblem(
      openCheckpoint(written(bytes, 'model.pth.tar')),
      'FORMAT_UNSUPPORTED',
      'a tar archive: "sys_info", "pickle".'
    )
  })
})

it.each([
  ['model.ckpt.index', 'TensorFlow checkpoint'],
  ['model.ckpt-90.data-00000-of-00001', 'TensorFlow checkpoint'],
  ['__0_0.distcp', 'torch.distributed'],
  ['flax_model.msgpack', 'Flax']
])('%s is known by its name', async (name, what) => {
  const bytes = Uint8Array.of(0, 0, 17, 5, 200, 1, 2, 3)
  await expectProblem(openCheckpoint(written(bytes, name)), 'FORMAT_UNSUPPORTED', what)
})

it('.metadata of torch.distributed is named', async () => {
  await expectProblem(
    openCheckpoint(checkpoints('distributed/.metadata')),
    'FORMAT_UNSUPPORTED',
    'distributed'
  )
})

it.skipIf(process.platform === 'win32')('a device is refused', async () => {
  await expectProblem(openCheckpoint('/dev/zero'), 'FILE_UNREADABLE', 'a device or a pipe')
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
