import { describe, expect, it } from 'vitest'
import { openCheckpoint } from '../../../../src/main/checkpoints'
import { expectProblem } from '../../../support/problems'
import { bytesOf, stateDict, written } from './fixtures'
import { call, dict, int, list, raw, stream, tensor, text } from './writer'

const root = dict({ a: tensor([2, 3]), b: tensor([2], { offset: 4 }) })

describe('a stream', () => {
  it('is read', async () => {
    const checkpoint = await stateDict(written(stream(root)))
    expect([...(await checkpoint.tensors.get('b')!.read())]).toEqual([5, 6])
    await checkpoint.close()
  })

  it('whose pickles are longer than what is read first is read', async () => {
    const filler = list(...Array.from({ length: 30_000 }, (_, i) => text(`name number ${i}`)))
    const checkpoint = await stateDict(written(stream(dict({ filler, state_dict: root }))))
    expect([...(await checkpoint.tensors.get('a')!.read())]).toEqual([1, 2, 3, 4, 5, 6])
    await checkpoint.close()
  })

  it.each<[string, Buffer, string]>([
    ['another protocol', stream(root, { protocol: 1000 }), 'protocol 1000; expected 1001'],
    ['keys that are no text', stream(root, { keys: list(int(1)) }), 'holds 1'],
    ['keys that are no list', stream(root, { keys: int(1) }), 'holds None'],
    ['a key twice', stream(root, { keys: list(text('0'), text('0')) }), '"0" twice'],
    ['a key of no tensor', stream(root, { keys: list(text('0'), text('7')) }), '"7" of no tensor'],
    ['persistent ids in its head', stream(root, { keys: raw('PNothing\n') }), 'refers to']
  ])('with %s is refused', async (_, bytes, fact) => {
    await expectProblem(openCheckpoint(written(bytes)), 'FORMAT_INVALID', fact)
  })

  it.each<[string, Buffer, string]>([
    ['a tensor of an absent storage', stream(dict({ a: tensor([2]), b: tensor([2], { key: '1' }) })), '"1"'],
    ['a storage that ends early', stream(root).subarray(0, -1), 'its storages need'],
    [
      'a storage of 2^45 elements',
      stream(dict({ a: tensor([2], { numel: 2 ** 45 }), b: tensor([2]) })),
      'its storages need'
    ]
  ])('with %s ends too early', async (_, bytes, fact) => {
    await expectProblem(openCheckpoint(written(bytes)), 'FILE_TRUNCATED', fact)
  })

  it('whose storage has another length is refused when it is read', async () => {
    const checkpoint = await stateDict(written(stream(root, { numel: 5 })))
    await expectProblem(checkpoint.tensors.get('a')!.read(), 'FORMAT_INVALID', 'has 5 elements; expected 6')
    await checkpoint.close()
  })

  it('without the magic number is a pickle', async () => {
    const bytes = Buffer.concat([raw('\x80\x02'), call('torch.load'), raw('.')])
    await expectProblem(openCheckpoint(written(bytes)), 'FORMAT_UNSUPPORTED', 'pickle')
  })
})

describe.each(['bare_legacy.pth', 'module_legacy.pt', 'attack_legacy.pth', 'protocol5_legacy.bin'])(
  '%s',
  (file) => {
    it('cut anywhere is said to end early', async () => {
      const bytes = bytesOf(file)
      for (let length = 30; length < bytes.length; length += 101) {
        await expectProblem(openCheckpoint(written(bytes.subarray(0, length))), 'FILE_TRUNCATED')
      }
      await expectProblem(openCheckpoint(written(bytes.subarray(0, -1))), 'FILE_TRUNCATED')
    })
  }
)
