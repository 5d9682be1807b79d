/** What a ResNet looks like, inferred from the names and shapes of its tensors. */
import { countOf, type Modules } from '../modules'
import type { TensorShapes } from '../types'

export interface Convolution {
  /** Module path, e.g. `layer1.0.conv2`; its tensor is `NAME.weight`. */
  readonly name: string
  /** Module path of the batch norm behind it. */
  readonly norm: string
  readonly kernel: number
  readonly stride: number
  readonly groups: number
}

export interface Shortcut {
  readonly convolution: Convolution
  /** Stride of an average pooling of 2 × 2 before the convolution; 1: there is none. */
  readonly pooling: number
}

export interface Block {
  readonly name: string
  readonly convolutions: readonly Convolution[]
  /** Null: the shortcut is the identity. */
  readonly shortcut: Shortcut | null
  /** Whether a squeeze-and-excitation module (`se`) scales what the convolutions give. */
  readonly squeeze: boolean
}

export interface ResNet {
  /** Each followed by its batch norm and ReLU. */
  readonly stem: readonly Convolution[]
  readonly pooling: 'max' | 'convolution' | 'none'
  readonly bottleneck: boolean
  /** Whether a bottleneck's stride is in its first convolution, as in Caffe's models. */
  readonly firstStride: boolean
  readonly stages: readonly (readonly Block[])[]
}

/** Convolution and batch norm that take the place of the max-pooling in ResNet-RS. */
export const STEM_POOLING: Convolution = {
  name: 'maxpool.0',
  norm: 'maxpool.1',
  kernel: 3,
  stride: 2,
  groups: 1
}

/** timm's deep stems: three convolutions of 3 × 3 in a sequence, the last one's batch norm outside. */
const DEEP_STEM = [
  ['conv1.0', 'conv1.1'],
  ['conv1.3', 'conv1.4'],
  ['conv1.6', 'bn1']
] as const

/** Whether these are a ResNet's names, a few aside: what is missing is said when its tensors are compared. */
export function isResNet(shapes: TensorShapes, modules: Modules): boolean {
  const stem = shapes.get('conv1.weight') ?? shapes.get('conv1.0.weight')
  const evidence = [
    stem?.length === 4,
    modules.has('bn1'),
    modules.has('layer1.0.conv1') || modules.has('layer1.0.bn1')
  ]
  return modules.has('layer1.0') && evidence.filter(Boolean).length >= 2
}

/** @param choice what the user says about the stem or the stride; undefined: the tensors decide. */
export function layoutOf(shapes: TensorShapes, modules: Modules, choice: string | undefined): ResNet {
  const deep = shapes.has('conv1.0.weight')
  const cifar = !deep && (choice === 'resnet:cifar-stem' || (choice !== 'resnet:imagenet-stem' && kernelOf(shapes, 'conv1') === 3)) // prettier-ignore
  const bottleneck = modules.has('layer1.0.conv3')
  const stageCount = countOf((i) => modules.has(`layer${String(i)}.0`), 1)
  const names = Array.from({ length: stageCount }, (_, i) => {
    const stage = `layer${String(i + 1)}`
    const blocks = countOf((j) => modules.has(`${stage}.${String(j)}`))
    return Array.from({ length: blocks }, (__, j) => `${stage}.${String(j)}`)
  })
  // All blocks or none: a lonely module is a sign of something else, and is refused as left over.
  const squeeze = names.flat().every((name) => modules.has(`${name}.se.fc1`) && modules.has(`${name}.se.fc2`))
  const firstStride = bottleneck && choice === 'resnet:v1'
  const context = { shapes, modules, bottleneck, firstStride, squeeze }
  return {
    stem: deep ? deepStem() : [plainStem(shapes, cifar)],
    pooling: cifar ? 'none' : modules.has(STEM_POOLING.name) ? 'convolution' : 'max',
    bottleneck,
    firstStride,
    stages: names.map((blocks, i) =>
      blocks.map((name, j) => describeBlock(context, name, i > 0 && j === 0 ? 2 : 1))
    )
  }
}

function plainStem(shapes: TensorShapes, cifar: boolean): Convolution {
  return {
    name: 'conv1',
    norm: 'bn1',
    kernel: kernelOf(shapes, 'conv1') ?? 7,
    stride: cifar ? 1 : 2,
    groups: 1
  }
}

function deepStem(): Convolution[] {
  return DEEP_STEM.map(([name, norm], i) => ({ name, norm, kernel: 3, stride: i === 0 ? 2 : 1, groups: 1 }))
}

function describeBlock(
  {
    shapes,
    modules,
    bottleneck,
    firstStride,
    squeeze
  }: {
    readonly shapes: TensorShapes
    readonly modules: Modules
    readonly bottleneck: boolean
    readonly firstStride: boolean
    readonly squeeze: boolean
  },
  name: string,
  stride: number
): Block {
  const convolution = (index: number, kernel: number, ownStride: number, groups = 1): Convolution => ({
    name: `${name}.conv${String(index)}`,
    norm: `${name}.bn${String(index)}`,
    kernel,
    stride: ownStride,
    groups
  })
  return {
    name,
    squeeze,
    shortcut: modules.has(`${name}.downsample`) ? shortcutOf(shapes, name, stride) : null,
    convolutions: bottleneck
      ? [
          convolution(1, 1, firstStride ? stride : 1),
          convolution(2, 3, firstStride ? 1 : stride, groupsOf(shapes, name)),
          convolution(3, 1, 1)
        ]
      : [convolution(1, 3, stride), convolution(2, 3, 1)]
  }
}

/** A ResNeXt's groups: channels that enter the 3 × 3 convolution over those that each of its filters sees. */
function groupsOf(shapes: TensorShapes, block: string): number {
  const width = shapes.get(`${block}.conv1.weight`)?.[0] ?? 0
  const perGroup = shapes.get(`${block}.conv2.weight`)?.[1] ?? 0
  return perGroup > 0 && width > 0 && width % perGroup === 0 ? width / perGroup : 1
}

/** With an average pooling (variant D), convolution and batch norm are second and third in their sequence. */
function shortcutOf(shapes: TensorShapes, block: string, stride: number): Shortcut {
  const pooled = shapes.get(`${block}.downsample.1.weight`)?.length === 4
  const first = pooled ? 1 : 0
  const name = `${block}.downsample.${String(first)}`
  return {
    pooling: pooled ? stride : 1,
    convolution: {
      name,
      norm: `${block}.downsample.${String(first + 1)}`,
      // SENet-154 has 3 × 3 where the stride is 2.
      kernel: kernelOf(shapes, name) === 3 && stride > 1 ? 3 : 1,
      stride: pooled ? 1 : stride,
      groups: 1
    }
  }
}

function kernelOf(shapes: TensorShapes, name: string): number | undefined {
  return shapes.get(`${name}.weight`)?.[2]
}
