/** A VGG as a graph, batch norms unfolded. It takes one size, at which its adaptive pooling changes nothing. */
import { GraphBuilder, type OnnxModel } from '../../graph'
import { Pieces } from '../pieces'
import type { LoadedTensors } from '../types'
import type { Vgg } from './layout'

/** PyTorch's default. */
const EPSILON = 1e-5

export function buildVgg(model: Vgg, tensors: LoadedTensors): OnnxModel {
  const graph = new GraphBuilder()
  const pieces = new Pieces(graph, tensors)
  const { hidden, classifier, convolutional, size } = model.head
  let x = 'images'
  for (const { name, norm, pooled } of model.convolutions) {
    x = pieces.convolution(x, name, { kernel: 3, bias: model.bias })
    if (norm !== null) x = pieces.batchNorm(x, norm, EPSILON)
    x = graph.node('Relu', `${name}.act`, [x])
    if (pooled) x = graph.node('MaxPool', `${name}.pool`, [x], { kernel_shape: [2, 2], strides: [2, 2] })
  }
  const flattened = (): string => graph.node('Flatten', 'flatten', [x], { axis: 1 })
  if (!convolutional) x = flattened()
  hidden.forEach((name, i) => {
    const kernel = i === 0 ? size : 1
    x = convolutional
      ? pieces.convolution(x, name, { kernel, padding: 0, bias: true })
      : pieces.classifier(x, name)
    x = graph.node('Relu', `${name}.act`, [x])
  })
  if (convolutional) x = flattened()
  const classes = pieces.length(`${classifier}.weight`)
  return graph.finish('images', 3, pieces.classifier(x, classifier), classes, model.inputSize)
}
