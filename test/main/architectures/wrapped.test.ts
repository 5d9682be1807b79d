/** State dicts as training code leaves them: wrapped, with heads beside them, or with tensors missing. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inspectCheckpoint, loadClassifier } from '../../../src/main/architectures'
import { temporaryFolder } from '../../support/folder'
import { floatImages, largestDifference, logitsOf } from '../../support/forward'
import { fixture } from '../../support/golden'
import { readNpy } from '../../support/npy'
import { float32Tensor, readTensors, renamed, writeTensors, type RawTensor } from '../../support/safetensors'

const resnets = (name: string): string => fixture(`resnets/${name}`)
const original = (): Map<string, RawTensor> => readTensors(resnets('basic_timm.safetensors'))
const images = floatImages(resnets('basic_timm_input.npy'))
const logits = readNpy(resnets('basic_timm_logits.npy')).data

const written = (tensors: ReadonlyMap<string, RawTensor>): string =>
  writeTensors(join(temporaryFolder(), 'model.safetensors'), tensors)

describe('prefixes that all tensors share', () => {
  it.each([
    ['module.', ['module.']],
    ['module.model.', ['module.', 'model.']],
    ['_orig_mod.module.', ['_orig_mod.', 'module.']],
    ['backbone.', ['backbone.']],
    ['model.model.', ['model.', 'model.']]
  ])('%s is taken off and shown; the logits stay', async (prefix, prefixes) => {
    const path = written(renamed(original(), (name) => prefix + name))
    const { inspection } = await inspectCheckpoint(path)
    expect(inspection.prefixes).toEqual(prefixes)
    expect(inspection.layers.map(({ name }) => name)).toContain('layer2.1.conv2')
    expect(largestDifference(await logitsOf(path, images), logits)).toBeLessThan(1e-4)
  })

  it('are taken off, too, when the counters of batch norms lack them', async () => {
    const path = written(
      renamed(original(), (name) => (name.endsWith('num_batches_tracked') ? name : `module.${name}`))
    )
    const { inspection } = await inspectCheckpoint(path)
    expect(inspection.prefixes).toEqual(['module.'])
    expect(inspection.error).toBeUndefined()
  })
})

it('names every tensor that is missing', async () => {
  const tensors = original()
  const gone = ['bn1.running_var', 'layer1.0.downsample.0.weight', 'layer2.1.bn2.weight', 'fc.bias']
  for (const name of gone) tensors.delete(name)
  const path = written(tensors)
  const { inspection, classifier } = await inspectCheckpoint(path)
  expect(classifier).toBeNull()
  expect([...inspection.missing].sort()).toEqual([...gone].sort())
  expect(inspection.error).toMatchObject({ code: 'TENSORS_MISSING' })
  // Shapes from the fixture's own file; nothing is left over that could be meant.
  const lines = gone.map((name) => `"${name}" [${original().get(name)!.shape.join(', ')}] is missing`)
  expect([...inspection.error!.details!].sort()).toEqual(lines.sort())
  for (const name of gone) expect(inspection.error!.message).toContain(name)
  await expect(loadClassifier(path)).rejects.toMatchObject({ code: 'TENSORS_MISSING' })
})

it('misses the classifier of a checkpoint without one', async () => {
  const tensors = original()
  tensors.delete('fc.weight')
  tensors.delete('fc.bias')
  const { inspection } = await inspectCheckpoint(written(tensors))
  expect(inspection.error?.code).toBe('CLASSIFIER_MISSING')
  expect(inspection.head).toEqual({ features: 12 })
  expect(inspection.missing).toEqual(['fc.weight', 'fc.bias'])
  expect(inspection.classes).toBeNull()
})

it('takes the last layer beside a queue of keys for no classifier: MoCo compares embeddings', async () => {
  const tensors = renamed(original(), (name) => `module.encoder_q.${name}`)
  tensors.set('module.queue', float32Tensor([7, 16], new Float32Array(112)))
  const { inspection } = await inspectCheckpoint(written(tensors))
  expect(inspection.error?.code).toBe('CLASSIFIER_MISSING')
  expect(inspection.head).toEqual({ features: 12 })
  expect(inspection.ignored).toContain('module.encoder_q.fc.weight')
})

it.each(['_fsdp_wrapped_module', '_checkpoint_wrapped_module', '_orig_mod'])(
  'takes %s out of names, wherever it is, and says so',
  async (wrapper) => {
    const path = written(renamed(original(), (name) => name.replace(/^layer1\.0\./, `layer1.0.${wrapper}.`)))
    const { inspection } = await inspectCheckpoint(path)
    expect(inspection.error).toBeUndefined()
    expect(inspection.steps.find(({ kind }) => kind === 'rename')?.text).toContain(`.${wrapper}.`)
    expect(largestDifference(await logitsOf(path, images), logits)).toBeLessThan(1e-4)
  }
)

it('calls the trunk of a detector by its name', async () => {
  const tensors = renamed(original(), (name) => `backbone.body.${name}`)
  for (const name of tensors.keys()) if (name.includes('.fc.')) tensors.delete(name)
  tensors.set('rpn.head.cls_logits.weight', float32Tensor([3, 12, 1, 1], new Float32Array(36)))
  const { inspection } = await inspectCheckpoint(written(tensors))
  expect(inspection.error?.code).toBe('ARCHITECTURE_UNKNOWN')
  expect(inspection.error?.message).toContain('rpn.head.cls_logits.weight')
})

it('refuses negative variances, whose square root no batch norm has', async () => {
  const tensors = original()
  tensors.set('bn1.running_var', float32Tensor([16], new Float32Array(16).fill(-0.5)))
  const { inspection } = await inspectCheckpoint(written(tensors))
  expect(inspection.error?.code).toBe('TENSOR_NOT_FINITE')
  expect(inspection.error?.details).toEqual(['"bn1.running_var" has 16 negative variances'])
})

it('quotes the nearest names among what is left over, and all of that', async () => {
  const tensors = renamed(original(), (name) => name.replace('layer1.0.conv1.', 'layer1.0.conv_1.'))
  tensors.set('projector.0.weight', float32Tensor([4, 12], new Float32Array(48)))
  const { inspection } = await inspectCheckpoint(written(tensors))
  expect(inspection.error?.code).toBe('TENSORS_MISSING')
  expect(inspection.error?.message).toContain('layer1.0.conv_1.weight')
  expect(inspection.error?.details).toEqual([
    '"layer1.0.conv1.weight" [6, 16, 3, 3] is missing; nearest left over: "layer1.0.conv_1.weight" [6, 16, 3, 3]',
    '"layer1.0.conv_1.weight" [6, 16, 3, 3] is left over',
    '"projector.0.weight" [4, 12] is left over'
  ])
})

it('misses the downsampling of a block whose channels change', async () => {
  const tensors = original()
  for (const name of tensors.keys()) if (name.startsWith('layer3.0.downsample.')) tensors.delete(name)
  const { inspection } = await inspectCheckpoint(written(tensors))
  expect(inspection.missing).toContain('layer3.0.downsample.0.weight')
  expect(inspection.missing).toContain('layer3.0.downsample.1.running_mean')
})

it.each([
  ['layer2.0.conv2.weight', [8, 8, 1, 9], '[8, 8, 3, 3]'],
  ['layer2.0.bn1.bias', [4, 2], '[8]'],
  ['layer4.0.bn2.running_mean', [6, 2], '[12]'],
  ['fc.bias', [7, 1], '[7]']
])('refuses %s of shape %j', async (name, shape, wanted) => {
  const tensors = original()
  tensors.set(name, { ...tensors.get(name)!, shape })
  const { inspection } = await inspectCheckpoint(written(tensors))
  expect(inspection.error?.code).toBe('TENSOR_SHAPE')
  expect(inspection.error?.details).toEqual([`"${name}" is [${shape.join(', ')}], expected ${wanted}`])
})

it('refuses a convolution whose input channels do not fit the layer before', async () => {
  const tensors = original()
  tensors.set('layer1.0.conv2.weight', float32Tensor([6, 5, 3, 3], new Float32Array(270)))
  const { inspection } = await inspectCheckpoint(written(tensors))
  expect(inspection.error).toMatchObject({ code: 'TENSOR_SHAPE' })
  expect(inspection.error?.message).toContain(
    '"layer1.0.conv2.weight" is [6, 5, 3, 3], expected [6, 6, 3, 3]'
  )
})

describe('tensors left over', () => {
  it.each([
    ['a squeeze-and-excitation module', 'layer1.0.se.fc1.weight', [2, 6, 1, 1]],
    ['a bias of a convolution', 'layer2.0.conv1.bias', [8]],
    ['a second normalisation of the shortcut', 'layer2.0.downsample.2.weight', [8]],
    ['a block that the stage does not reach', 'layer1.7.conv1.weight', [6, 6, 3, 3]]
  ])('refuses %s: it would change the network', async (_, name, shape) => {
    const tensors = original()
    tensors.set(name, float32Tensor(shape, new Float32Array(shape.reduce((a, b) => a * b, 1))))
    const { inspection, classifier } = await inspectCheckpoint(written(tensors))
    expect(classifier).toBeNull()
    expect(inspection.unexpected).toEqual([name])
    expect(inspection.error).toMatchObject({ code: 'TENSORS_UNEXPECTED', details: [name] })
  })

  // Names as timm and the authors of each write them.
  it.each([
    ['layer1.0.se.conv.weight', [1, 1, 3], 'ECA'],
    ['layer2.0.downsample.0.filt', [6, 1, 3, 3], 'blur pooling'],
    ['attnpool.c_proj.weight', [12, 12], 'attention pooling'],
    ['layer1.0.conv2.paths.0.conv.weight', [6, 6, 3, 3], 'SKNet'],
    ['layer1.0.convs.0.weight', [6, 6, 3, 3], 'Res2Net'],
    ['layer1.0.conv2.bn0.weight', [6], 'ResNeSt'],
    ['layer1.0.bn1.IN.weight', [3], 'IBN']
  ])('names the relative that has %s', async (name, shape, what) => {
    const tensors = original()
    tensors.set(name, float32Tensor(shape, new Float32Array(shape.reduce((a, b) => a * b, 1))))
    const { inspection } = await inspectCheckpoint(written(tensors))
    expect(inspection.error?.code).toBe('TENSORS_UNEXPECTED')
    expect(inspection.error?.message).toContain(what)
  })

  it('leaves a projection head out, says so, and gives the same logits', async () => {
    const tensors = original()
    tensors.set('projector.0.weight', float32Tensor([4, 12], new Float32Array(48)))
    tensors.set('projector.0.bias', float32Tensor([4], new Float32Array(4)))
    const path = written(tensors)
    const { inspection } = await inspectCheckpoint(path)
    expect(inspection.error).toBeUndefined()
    expect(inspection.unexpected).toEqual(['projector.0.weight', 'projector.0.bias'])
    const warning = inspection.warnings.find(({ code }) => code === 'tensors-left-over')
    expect(warning?.message).toContain('projector.0.weight')
    expect(largestDifference(await logitsOf(path, images), logits)).toBeLessThan(1e-4)
  })
})

describe('a classifier under another name', () => {
  const moved = (...modules: string[]): string => {
    const tensors = original()
    for (const part of ['weight', 'bias']) {
      for (const module of modules) tensors.set(`${module}.${part}`, tensors.get(`fc.${part}`)!)
      tensors.delete(`fc.${part}`)
    }
    return written(tensors)
  }

  it('is found', async () => {
    const path = moved('linear')
    expect(largestDifference(await logitsOf(path, images), logits)).toBeLessThan(1e-4)
  })

  it('is not guessed among two', async () => {
    const { inspection } = await inspectCheckpoint(moved('linear', 'online_head'))
    expect(inspection.error?.code).toBe('CLASSIFIER_MISSING')
    expect(inspection.unexpected).toEqual(expect.arrayContaining(['linear.weight', 'online_head.weight']))
  })

  it('is not a layer that no classifier is called', async () => {
    const { inspection } = await inspectCheckpoint(moved('rotation_predictor'))
    expect(inspection.error?.code).toBe('CLASSIFIER_MISSING')
  })
})

it.each([NaN, Infinity, -Infinity])('refuses weights with %d', async (value) => {
  const tensors = original()
  const { shape, bytes } = tensors.get('layer1.0.conv2.weight')!
  const values = new Float32Array(bytes.slice().buffer)
  values[5] = value
  values[17] = value
  tensors.set('layer1.0.conv2.weight', float32Tensor(shape, values))
  const { inspection, classifier } = await inspectCheckpoint(written(tensors))
  expect(classifier).toBeNull()
  expect(inspection.error?.code).toBe('TENSOR_NOT_FINITE')
  expect(inspection.error?.message).toContain('"layer1.0.conv2.weight" has 2 values')
  expect(inspection.warnings.map(({ code }) => code)).toContain('nan-weights')
})

it('does not know a state dict of another kind, and quotes it', async () => {
  const tensors = new Map([
    ['embedding.weight', float32Tensor([4, 2], new Float32Array(8))],
    ['lstm.weight_ih_l0', float32Tensor([8, 2], new Float32Array(16))]
  ])
  const { inspection } = await inspectCheckpoint(written(tensors))
  expect(inspection.error?.code).toBe('ARCHITECTURE_UNKNOWN')
  expect(inspection.error?.message).toContain('"embedding.weight"')
  expect(inspection.error?.details).toEqual([...tensors.keys()])
  expect(inspection.architecture).toBeNull()
})
