import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { inspectCheckpoint, loadClassifier } from '../../src/main/architectures'
import { hashFiles } from '../../src/main/checkpoints'
import { forward } from '../../src/main/engine/forward'
import { openImages } from '../../src/main/engine/images'
import { replaceParameters, writeModel } from '../../src/main/graph'
import { perturb } from '../../src/main/perturbations'
import { temporaryFolder } from '../support/folder'
import { writeResnet50 } from '../support/resnet50'
import { report, seconds } from './report'

const IMAGES = 64
const SIDE = 224

test('ResNet-50: import, and where the time of a pass goes', async () => {
  const folder = temporaryFolder()
  const path = writeResnet50(join(folder, 'resnet50.safetensors'))
  const inspect = await seconds(() => inspectCheckpoint(path))
  const hash = await seconds(() => hashFiles([path]))
  const classifier = await loadClassifier(path)
  const layer = classifier.layers.find(({ name }) => name === 'layer4.0.conv2')
  if (layer === undefined) throw new Error('ResNet-50 has no layer4.0.conv2')

  const target = { layer, layers: classifier.layers, seed: 0, trial: 0 }
  const scheme = { kind: 'randomize', scheme: 'timm-resnet' } as const
  const draw = await seconds(() => Promise.resolve(perturb(scheme, target)))
  const replaced = replaceParameters(classifier.model, perturb(scheme, target))
  const write = await seconds(() => Promise.resolve(writeModel(replaced)))

  const file = join(folder, 'images.u8')
  writeFileSync(file, Buffer.alloc(IMAGES * 3 * SIDE * SIDE, 127))
  const source = {
    path: file,
    offset: 0,
    dtype: 'uint8',
    height: SIDE,
    width: SIDE,
    channelsLast: false,
    count: IMAGES
  } as const
  const rates: Record<string, number> = {}
  for (const batch of [1, 16, 32]) {
    const images = await openImages(source, {
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      source: 'default'
    })
    const { model, signature } = classifier
    const pass = async (): Promise<void> => {
      for await (const _ of forward({ model, signature, images, height: SIDE, width: SIDE, batch })) continue
    }
    rates[`images/s, full pass with its session, batch ${String(batch)}`] = IMAGES / (await seconds(pass))
    await images.close()
  }
  report('resnet50', {
    'import (read, recognise, build the graph, find layers, check for NaN), s': inspect,
    'content hash, s': hash,
    'draw the largest 3×3 convolution (2.36 million values), s': draw,
    'write the perturbed graph, s': write,
    ...rates
  })
})
