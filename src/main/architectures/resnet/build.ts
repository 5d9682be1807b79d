/** A ResNet as a graph, batch norms unfolded. */
import { GraphBuilder, type OnnxModel } from '../../graph'
import type { LoadedTensors } from '../types'
import { STEM_POOLING, type Block, type Convolution, type ResNet, type Shortcut } from './layout'
import { NORM_PARTS } from './targets'

/** PyTorch's default. */
const EPSILON = 1e-5

export function buildResNet(model: ResNet, tensors: LoadedTensors): OnnxModel {
  const graph = new GraphBuilder()
  const parameter = (name: string): string => graph.parameter(name, tensors.shape(name), tensors.take(name))
  const relu = (x: string, name: string): string => graph.node('Relu', name, [x])

  const convolve = (x: string, { name, norm, kernel, stride, groups }: Convolution): string => {
    const padding = Math.floor(kernel / 2)
    const convolved = graph.node('Conv', name, [x, parameter(`${name}.weight`)], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
      dilations: [1, 1],
      group: groups
    })
    const statistics = NORM_PARTS.map((part) => parameter(`${norm}.${part}`))
    return graph.node('BatchNormalization', norm, [convolved, ...statistics], { epsilon: EPSILON })
  }

  /**
   * PyTorch's AvgPool2d(2, stride, ceil_mode=True, count_include_pad=False): a row of padding that is not counted
   * stands for the rounding, which not every execution provider has.
   */
  const averaged = (x: string, name: string, stride: number): string =>
    graph.node('AveragePool', name, [x], {
      kernel_shape: [2, 2],
      strides: [stride, stride],
      pads: [0, 0, 1, 1],
      count_include_pad: 0
    })

  const shortened = (x: string, block: string, { pooling, convolution }: Shortcut): string =>
    convolve(pooling > 1 ? averaged(x, `${block}.downsample.0`, pooling) : x, convolution)

  const squeezed = (x: string, name: string): string => {
    const pointwise = (input: string, layer: string): string =>
      graph.node('Conv', layer, [input, parameter(`${layer}.weight`), parameter(`${layer}.bias`)], {
        kernel_shape: [1, 1],
        strides: [1, 1],
        pads: [0, 0, 0, 0],
        dilations: [1, 1],
        group: 1
      })
    const pooled = graph.node('GlobalAveragePool', `${name}.pool`, [x])
    const reduced = relu(pointwise(pooled, `${name}.fc1`), `${name}.act`)
    const gate = graph.node('Sigmoid', `${name}.gate`, [pointwise(reduced, `${name}.fc2`)])
    return graph.node('Mul', `${name}.scale`, [x, gate])
  }

  const residual = (input: string, { name, convolutions, shortcut, squeeze }: Block): string => {
    let x = input
    convolutions.forEach((layer, i) => {
      x = convolve(x, layer)
      if (i + 1 < convolutions.length) x = relu(x, `${name}.act${String(i + 1)}`)
    })
    if (squeeze) x = squeezed(x, `${name}.se`)
    const other = shortcut === null ? input : shortened(input, name, shortcut)
    return relu(graph.node('Add', `${name}.add`, [x, other]), `${name}.act`)
  }

  let x = 'images'
  for (const layer of model.stem) x = relu(convolve(x, layer), `${layer.norm}.act`)
  if (model.pooling === 'max') {
    x = graph.node('MaxPool', 'maxpool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] })
  } else if (model.pooling === 'convolution') {
    x = relu(convolve(x, STEM_POOLING), 'maxpool.act')
  }
  for (const block of model.stages.flat()) x = residual(x, block)
  x = graph.node('Flatten', 'flatten', [graph.node('GlobalAveragePool', 'pool', [x])], { axis: 1 })
  const classes = tensors.shape('fc.weight')[0] ?? 0
  const logits = graph.node('Gemm', 'fc', [x, parameter('fc.weight'), parameter('fc.bias')], { transB: 1 })
  return graph.finish('images', 3, logits, classes)
}
