/** A ConvNeXt as a graph. */
import { GraphBuilder, type OnnxModel } from '../../graph'
import { Pieces } from '../pieces'
import type { LoadedTensors } from '../types'
import type { Block, ConvNeXt } from './layout'

/** Of global response normalisation, in every implementation. */
const RESPONSE_EPSILON = 1e-6

export function buildConvNeXt(model: ConvNeXt, tensors: LoadedTensors): OnnxModel {
  const graph = new GraphBuilder()
  const pieces = new Pieces(graph, tensors)
  const { epsilon, convolutional } = model
  const channelsLast = (x: string, name: string): string =>
    graph.node('Transpose', `${name}.last`, [x], { perm: [0, 2, 3, 1] })
  const channelsFirst = (x: string, name: string): string =>
    graph.node('Transpose', `${name}.first`, [x], { perm: [0, 3, 1, 2] })
  /** Over the channels of [N, C, H, W]. */
  const norm = (x: string, module: string, own = epsilon): string =>
    channelsFirst(pieces.layerNorm(channelsLast(x, module), module, own), module)

  /** x + β + γ · x · r, r the channel's L2 norm over the image divided by the channels' mean. */
  const responses = (x: string, name: string): string => {
    const places = graph.integers(`${name}.places`, convolutional ? [2, 3] : [1, 2])
    const channels = graph.integers(`${name}.channels`, [convolutional ? 1 : 3])
    const length = graph.node('ReduceL2', `${name}.length`, [x, places], { keepdims: 1 })
    const mean = graph.node('ReduceMean', `${name}.mean`, [length, channels], { keepdims: 1 })
    const shifted = graph.node('Add', `${name}.shifted`, [
      mean,
      graph.scalar(`${name}.epsilon`, RESPONSE_EPSILON)
    ])
    const response = graph.node('Div', `${name}.response`, [length, shifted])
    const product = graph.node('Mul', `${name}.product`, [x, response])
    const size = pieces.length(`${name}.weight`)
    const shape = convolutional ? [size, 1, 1] : [size]
    const scaled = graph.node('Mul', name, [product, pieces.parameter(`${name}.weight`, shape)])
    const biased = graph.node('Add', `${name}.bias.add`, [scaled, pieces.parameter(`${name}.bias`, shape)])
    return graph.node('Add', `${name}.add`, [x, biased])
  }

  const perceptron = (input: string, name: string): string => {
    const layer = (value: string, module: string): string =>
      convolutional
        ? pieces.convolution(value, module, { kernel: 1, bias: true })
        : pieces.linear(value, module)
    let x = graph.node('Gelu', `${name}.act`, [layer(input, `${name}.fc1`)])
    if (model.responses) x = responses(x, `${name}.grn`)
    return layer(x, `${name}.fc2`)
  }

  const block = (input: string, { name, width, kernel }: Block): string => {
    let x = pieces.convolution(input, `${name}.conv_dw`, { kernel, groups: width, bias: true })
    const last = channelsLast(x, name)
    const normed = pieces.layerNorm(last, `${name}.norm`, epsilon)
    x = perceptron(convolutional ? channelsFirst(normed, `${name}.norm`) : normed, `${name}.mlp`)
    if (model.scaled) {
      const gamma = pieces.parameter(`${name}.gamma`, convolutional ? [width, 1, 1] : [width])
      x = graph.node('Mul', `${name}.gamma`, [x, gamma])
    }
    if (!convolutional) x = channelsFirst(x, name)
    return graph.node('Add', `${name}.add`, [x, input])
  }

  let x = 'images'
  if (model.stem === 'patch') {
    x = pieces.convolution(x, 'stem.0', { kernel: 4, stride: 4, padding: 0, bias: true })
    x = norm(x, 'stem.1')
  } else {
    for (const name of ['stem.0', 'stem.1']) {
      x = pieces.convolution(x, name, { kernel: 3, stride: 2, bias: true })
    }
    x = norm(x, 'stem.2')
  }
  for (const { name, downsample, blocks } of model.stages) {
    if (downsample) {
      x = norm(x, `${name}.downsample.0`)
      x = pieces.convolution(x, `${name}.downsample.1`, { kernel: 2, stride: 2, padding: 0, bias: true })
    }
    for (const each of blocks) x = block(x, each)
  }
  if (model.normFirst) x = pieces.pooled(norm(x, 'norm_pre', model.lastEpsilon))
  else x = pieces.layerNorm(pieces.pooled(x), 'head.norm', model.lastEpsilon)
  if (model.hidden) {
    x = graph.node('Gelu', 'head.pre_logits.act', [pieces.classifier(x, 'head.pre_logits.fc')])
  }
  const classes = pieces.length('head.fc.weight')
  return graph.finish('images', 3, pieces.classifier(x, 'head.fc'), classes)
}
