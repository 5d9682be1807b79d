/**
 * ResNets of timm and torchvision: Bottleneck and BasicBlock of any depth, width and number of groups, inferred from
 * names and shapes. Source of the layout: He et al., arXiv 1512.03385, with the stride in the 3×3 convolution.
 */
import { GraphBuilder, type OnnxModel } from '../../graph'
import type { Architecture, LoadedTensors, Recognition, TensorShapes } from '../types'

const EPSILON = 1e-5

interface Block {
  readonly name: string
  /** Kernel, stride and groups of its convolutions, in order; channels are in the tensors. */
  readonly convolutions: readonly {
    readonly stride: number
    readonly padding: number
    readonly groups: number
  }[]
  /** Stride of the shortcut's convolution; null: the shortcut is the identity. */
  readonly shortcut: number | null
}

interface ResNet {
  readonly stem: 'imagenet-stem' | 'cifar-stem'
  readonly bottleneck: boolean
  readonly stages: readonly (readonly Block[])[]
  readonly classes: number
}

/** Channels of a convolution's output and input (per group), or 0 where the tensor is missing. */
function channels(shapes: TensorShapes, name: string): { readonly out: number; readonly in: number } {
  const shape = shapes.get(`${name}.weight`) ?? []
  return { out: shape[0] ?? 0, in: shape[1] ?? 0 }
}

function countOf(has: (index: number) => boolean, first: number): number {
  let count = 0
  while (has(first + count)) count++
  return count
}

export const resnet: Architecture = {
  family: 'resnet',
  choices: ['resnet:imagenet-stem', 'resnet:cifar-stem'],
  dialects: [],
  recognise(shapes, { choice }) {
    const starts = (prefix: string): boolean => [...shapes.keys()].some((name) => name.startsWith(prefix))
    const stem = shapes.get('conv1.weight')
    if (stem?.length !== 4 || !starts('layer1.0.conv1.') || !starts('bn1.')) return null
    const bottleneck = starts('layer1.0.conv3.')
    const stageCount = countOf((i) => starts(`layer${String(i)}.0.`), 1)
    const stages = Array.from({ length: stageCount }, (_, i) => {
      const stage = `layer${String(i + 1)}`
      const blocks = countOf((j) => starts(`${stage}.${String(j)}.`), 0)
      return Array.from({ length: blocks }, (__, j) =>
        describeBlock(shapes, `${stage}.${String(j)}`, bottleneck, i, j)
      )
    })
    const cifar = choice === undefined ? stem[2] === 3 : choice === 'resnet:cifar-stem'
    const model: ResNet = {
      stem: cifar ? 'cifar-stem' : 'imagenet-stem',
      bottleneck,
      stages,
      classes: shapes.get('fc.weight')?.[0] ?? 0
    }
    const depths = `[${stages.map((blocks) => blocks.length).join(', ')}]`
    return {
      family: 'resnet',
      description: `ResNet ${bottleneck ? 'Bottleneck' : 'BasicBlock'} ${depths}${cifar ? ', CIFAR stem' : ''}`,
      choice: `resnet:${model.stem}`,
      targets: targets(model, shapes),
      classifier: 'fc',
      heads: null,
      // Tensors here would change what the network computes; elsewhere (a projection head) they do not.
      owns: (name) => /^(conv1|bn1|layer\d+|fc)\./.test(name),
      classes: model.classes === 0 ? null : model.classes,
      inputSize: cifar ? 32 : 224,
      notes:
        choice === undefined && cifar
          ? [
              {
                code: 'cifar-stem',
                message:
                  'The first convolution is 3×3: taken for a CIFAR stem (stride 1, no max-pooling). Choose resnet:imagenet-stem if it is not.'
              }
            ]
          : [],
      build: (tensors) => build(model, tensors)
    } satisfies Recognition
  }
}

function describeBlock(
  shapes: TensorShapes,
  name: string,
  bottleneck: boolean,
  stage: number,
  block: number
): Block {
  const stride = stage > 0 && block === 0 ? 2 : 1
  const shortcut = [...shapes.keys()].some((key) => key.startsWith(`${name}.downsample.`)) ? stride : null
  if (bottleneck) {
    const width = channels(shapes, `${name}.conv1`).out
    const perGroup = channels(shapes, `${name}.conv2`).in
    const groups = perGroup > 0 && width % perGroup === 0 ? width / perGroup : 1
    return {
      name,
      shortcut,
      convolutions: [
        { stride: 1, padding: 0, groups: 1 },
        { stride, padding: 1, groups },
        { stride: 1, padding: 0, groups: 1 }
      ]
    }
  }
  return {
    name,
    shortcut,
    convolutions: [
      { stride, padding: 1, groups: 1 },
      { stride: 1, padding: 1, groups: 1 }
    ]
  }
}

/** Every tensor that the network needs, with the shape it must have, in network order. */
function targets(model: ResNet, shapes: TensorShapes): ReadonlyMap<string, readonly number[]> {
  const result = new Map<string, readonly number[]>()
  const norm = (name: string, size: number): void => {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var'])
      result.set(`${name}.${part}`, [size])
  }
  const stem = channels(shapes, 'conv1').out
  const kernel = shapes.get('conv1.weight')?.[2] ?? 7
  result.set('conv1.weight', [stem, 3, kernel, kernel])
  norm('bn1', stem)
  let width = stem
  for (const blocks of model.stages) {
    for (const block of blocks) {
      const input = width
      block.convolutions.forEach(({ padding, groups }, i) => {
        const name = `${block.name}.conv${String(i + 1)}`
        const out = channels(shapes, name).out
        const size = padding === 1 ? 3 : 1
        result.set(`${name}.weight`, [out, width / groups, size, size])
        norm(`${block.name}.bn${String(i + 1)}`, out)
        width = out
      })
      // A block that changes size or number of channels cannot have an identity for its shortcut.
      const strided = block.convolutions.some(({ stride }) => stride > 1)
      if (block.shortcut !== null || width !== input || strided) {
        result.set(`${block.name}.downsample.0.weight`, [width, input, 1, 1])
        norm(`${block.name}.downsample.1`, width)
      }
    }
  }
  const classes = shapes.get('fc.weight')?.[0] ?? shapes.get('fc.bias')?.[0] ?? 0
  result.set('fc.weight', [classes, width])
  result.set('fc.bias', [classes])
  return result
}

function build(model: ResNet, tensors: LoadedTensors): OnnxModel {
  const graph = new GraphBuilder()
  const parameter = (name: string): string => graph.parameter(name, tensors.shape(name), tensors.take(name))
  const convolution = (x: string, name: string, stride: number, padding: number, groups = 1): string => {
    const weight = parameter(`${name}.weight`)
    const kernel = tensors.shape(`${name}.weight`).slice(2)
    return graph.node('Conv', name, [x, weight], {
      kernel_shape: kernel,
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
      dilations: [1, 1],
      group: groups
    })
  }
  const norm = (x: string, name: string): string =>
    graph.node(
      'BatchNormalization',
      name,
      [x, ...['weight', 'bias', 'running_mean', 'running_var'].map((part) => parameter(`${name}.${part}`))],
      { epsilon: EPSILON }
    )
  const relu = (x: string, name: string): string => graph.node('Relu', name, [x])

  const imagenet = model.stem === 'imagenet-stem'
  const kernel = tensors.shape('conv1.weight')[2] ?? 7
  let x = convolution('images', 'conv1', imagenet ? 2 : 1, Math.floor(kernel / 2))
  x = relu(norm(x, 'bn1'), 'act1')
  if (imagenet) {
    x = graph.node('MaxPool', 'maxpool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] })
  }
  for (const block of model.stages.flat()) {
    const input = x
    block.convolutions.forEach(({ stride, padding, groups }, i) => {
      const index = String(i + 1)
      x = norm(
        convolution(x, `${block.name}.conv${index}`, stride, padding, groups),
        `${block.name}.bn${index}`
      )
      if (i + 1 < block.convolutions.length) x = relu(x, `${block.name}.act${index}`)
    })
    const shortcut =
      block.shortcut === null
        ? input
        : norm(
            convolution(input, `${block.name}.downsample.0`, block.shortcut, 0),
            `${block.name}.downsample.1`
          )
    x = relu(graph.node('Add', `${block.name}.add`, [x, shortcut]), `${block.name}.act`)
  }
  x = graph.node('Flatten', 'flatten', [graph.node('GlobalAveragePool', 'pool', [x])], { axis: 1 })
  const logits = graph.node('Gemm', 'fc', [x, parameter('fc.weight'), parameter('fc.bias')], { transB: 1 })
  return graph.finish('images', 3, logits, model.classes)
}
