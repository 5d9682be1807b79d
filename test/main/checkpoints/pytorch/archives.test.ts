import { describe, expect, it } from 'vitest'
import { openCheckpoint } from '../../../../src/main/checkpoints'
import { expectProblem } from '../../../support/problems'
import { bytesOf, cpuMilliseconds, pytorch, stateDict, written } from './fixtures'
import { archive, dict, pickle, SIX, tensor } from './writer'
import { zip, type Part } from './zips'

const root = dict({ a: tensor([2, 3]), b: tensor([2], { offset: 4 }) })
const pkl: Part = { name: 'm/data.pkl', data: pickle(root) }
const values: Part = { name: 'm/data/0', data: SIX }

async function readB(bytes: Buffer): Promise<number[]> {
  const checkpoint = await stateDict(written(bytes))
  try {
    return [...(await checkpoint.tensors.get('b')!.read())]
  } finally {
    await checkpoint.close()
  }
}

describe('an archive', () => {
  it.each<[string, Buffer]>([
    ['as PyTorch writes it', archive(root)],
    ['with zip64 fields', zip([pkl, values], { zip64: true })],
    ['with a comment', zip([pkl, values], { comment: 'PK\x05\x06 looks like an end' })],
    ['with its values first', zip([values, pkl])],
    ['with its pickle compressed', zip([{ ...pkl, deflated: true }, values])],
    ['with code beside it', zip([{ name: 'm/code/a.py', data: Buffer.from('1/0') }, pkl, values])],
    ['with folders', zip([{ name: 'm/', data: Buffer.alloc(0) }, pkl, values])]
  ])('%s is read', async (_, bytes) => {
    expect(await readB(bytes)).toEqual([5, 6])
  })

  it('of something else is named', async () => {
    const bytes = zip([{ name: 'word/document.xml', data: Buffer.from('<w/>') }])
    await expectProblem(openCheckpoint(written(bytes)), 'FORMAT_UNSUPPORTED', '"model.pth" is a zip archive')
  })

  it('of nothing is named', async () => {
    await expectProblem(openCheckpoint(written(zip([]))), 'FORMAT_UNKNOWN')
  })

  it.each<[string, Buffer, string]>([
    ['two pickles', zip([pkl, values, { ...pkl, name: 'n/data.pkl' }]), 'two pickles'],
    ['two entries of one name', zip([pkl, values, values]), 'two entries "m/data/0"'],
    ['an encrypted entry', zip([pkl, { ...values, flags: 1 }]), 'encrypted'],
    ['an entry that reaches into the next', zip([{ ...pkl, size: 400, packed: 400 }, values]), 'overlaps'],
    ['an entry that reaches into the directory', zip([pkl, { ...values, size: 50, packed: 50 }]), 'overlaps'],
    [
      'an entry of 2^60 bytes',
      zip([pkl, { ...values, size: 2 ** 60, packed: 2 ** 60 }], { zip64: true }),
      'overlaps'
    ],
    ['two entries at one place', zip([pkl, { ...values, header: 0 }]), 'overlaps'],
    ['an entry elsewhere', zip([pkl, { ...values, header: 7, size: 1, packed: 1 }]), 'overlaps'],
    [
      'a pickle of a false size',
      zip([{ ...pkl, deflated: true, size: 50 }, values]),
      'does not unpack to 50'
    ],
    ['a pickle of 33 MB', zip([{ ...pkl, deflated: true, size: 33e6 }, values]), 'does not unpack'],
    ['a pickle of 1 GB', zip([{ ...pkl, deflated: true, size: 2 ** 30 }, values]), 'expected at most'],
    ['more entries than its directory', zip([pkl, values], { count: 1000 }), 'claims 1000 entries'],
    ['2^60 entries', zip([pkl, values], { zip64: true, count: 2 ** 60 }), 'entries'],
    ['a directory elsewhere', zip([pkl, values], { offset: 10 }), 'no entry at'],
    [
      'an odd byte order',
      zip([pkl, values, { name: 'm/byteorder', data: Buffer.from('middle') }]),
      '"middle"'
    ]
  ])('with %s is refused', async (_, bytes, fact) => {
    await expectProblem(openCheckpoint(written(bytes)), 'FORMAT_INVALID', fact)
  })

  it.each<[string, Buffer, string]>([
    ['a directory of 2^60 bytes', zip([pkl, values], { zip64: true, length: 2 ** 60 }), 'should end at'],
    ['a directory after its end', zip([pkl, values], { offset: 5000 }), 'should end at'],
    ['no values', zip([pkl]), '"m/data/0"'],
    [
      'too few values',
      zip([pkl, { name: 'm/data/0', data: SIX.subarray(0, 20) }]),
      'has 20 bytes; 24 are needed'
    ]
  ])('with %s ends too early', async (_, bytes, fact) => {
    await expectProblem(openCheckpoint(written(bytes)), 'FILE_TRUNCATED', fact)
  })

  it('whose values are not where its directory says is refused when they are read', async () => {
    const bytes = archive(root)
    bytes.write('XX', bytes.lastIndexOf('PK\x03\x04'))
    await expectProblem(readB(bytes), 'FORMAT_INVALID', 'not where its zip directory says')
  })

  it('of a frozen script says so', async () => {
    await expectProblem(openCheckpoint(pytorch('frozen.pt')), 'FORMAT_UNSUPPORTED', 'frozen TorchScript')
  })

  it('whose tensors are compressed says so', async () => {
    const checkpoint = await stateDict(pytorch('packed_tensors.pth'))
    await expectProblem(checkpoint.tensors.get('fc.weight')!.read(), 'FORMAT_UNSUPPORTED', 'compressed')
    await checkpoint.close()
  })

  it('that unpacks to 32 MB of nothing is refused within a second and 200 MB', async () => {
    const bytes = zip([{ name: 'm/data.pkl', data: Buffer.alloc(2 ** 25, ']'), deflated: true }, values])
    const path = written(bytes)
    const before = process.memoryUsage().rss
    const start = cpuMilliseconds()
    await expectProblem(openCheckpoint(path), 'FORMAT_INVALID', 'objects')
    expect(cpuMilliseconds() - start).toBeLessThan(1000)
    expect((process.memoryUsage().rss - before) / 1e6).toBeLessThan(200)
  })
})

describe.each(['bare.pth', 'scripted.pt', 'attack.pth'])('%s', (file) => {
  it('cut anywhere is said to end early', async () => {
    const bytes = bytesOf(file)
    for (let length = 30; length < bytes.length; length += 61) {
      await expectProblem(openCheckpoint(written(bytes.subarray(0, length))), 'FILE_TRUNCATED')
    }
    await expectProblem(openCheckpoint(written(bytes.subarray(0, -1))), 'FILE_TRUNCATED')
  })
})
