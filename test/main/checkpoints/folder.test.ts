/** A folder given instead of a file. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCheckpoint } from '../../../src/main/checkpoints'
import { temporaryFolder } from '../../support/folder'
import { expectProblem } from '../../support/problems'
import { float32Tensor, tensorBytes } from '../../support/safetensors'
import { checkpoints, folderOf } from './fixtures'

const weights = tensorBytes(new Map([['a', float32Tensor([1], [1])]]))

describe('a folder', () => {
  it('with one model file is that file', async () => {
    const folder = folderOf({
      'config.json': '{"architecture": "resnet50"}',
      'model.safetensors': weights,
      'optimizer.pt': 'x',
      'training_args.bin': 'x',
      'rng_state_0.pth': 'x',
      'README.md': '# A model'
    })
    const checkpoint = await openCheckpoint(folder)
    expect(checkpoint.files).toEqual([join(folder, 'model.safetensors')])
    expect(checkpoint.config?.architecture).toBe('resnet50')
    await checkpoint.close()
  })

  it('with several says which', async () => {
    const folder = folderOf({ 'b.pth': 'x', 'a.safetensors': weights, 'c.onnx': 'x' })
    const problem = await expectProblem(
      openCheckpoint(folder),
      'FILE_UNREADABLE',
      'a folder with 3 model files: "a.safetensors", "b.pth", "c.onnx"'
    )
    expect(problem.fix).toContain('Choose one')
    expect(problem.details).toEqual(['a.safetensors', 'b.pth', 'c.onnx'])
  })

  it('with none says so', async () => {
    await expectProblem(openCheckpoint(temporaryFolder()), 'FILE_UNREADABLE', 'without a model file')
  })

  it.each<[string, string]>([
    ['saved_model.pb', 'TensorFlow SavedModel'],
    ['.metadata', 'torch.distributed'],
    ['_CHECKPOINT_METADATA', 'Orbax']
  ])('of another program is named by its %s', async (name, what) => {
    await expectProblem(openCheckpoint(folderOf({ [name]: 'x' })), 'FORMAT_UNSUPPORTED', what)
  })

  it('of torch.distributed.checkpoint is named', async () => {
    await expectProblem(openCheckpoint(checkpoints('distributed')), 'FORMAT_UNSUPPORTED', 'torch.distributed')
  })

  it('is not looked into deeper', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'inner'))
    writeFileSync(join(folder, 'inner', 'model.safetensors'), weights)
    await expectProblem(openCheckpoint(folder), 'FILE_UNREADABLE', 'without a model file')
  })
})
