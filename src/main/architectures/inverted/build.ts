/** A network of inverted residual blocks as a graph, batch norms unfolded. */
import { GraphBuilder, type OnnxModel } from '../../graph'
import { Pieces, type ConvolutionOptions } from '../pieces'
import type { LoadedTensors } from '../types'
import { partsOf, type Block, type Inverted } from './layout'

export function buildInverted(model: Inverted, tensors: LoadedTensors): OnnxModel {
  const graph = new GraphBuilder()
  const pieces = new Pieces(graph, tensors)
  const activated = (x: string, name: string): string =>
    model.activation === 'relu6' ? pieces.relu6(x, name) : pieces.silu(x, name)

  const normed = (
    x: string,
    [convolution, norm]: readonly [string, string],
    options: ConvolutionOptions
  ): string =>
    pieces.batchNorm(
      pieces.convolution(x, convolution, { ...options, same: model.same && (options.stride ?? 1) > 1 }),
      norm,
      model.epsilon
    )

  const squeezed = (x: string, name: string): string => {
    const one = { kernel: 1, bias: true }
    const pooled = graph.node('GlobalAveragePool', `${name}.pool`, [x])
    const reduced = pieces.silu(pieces.convolution(pooled, `${name}.conv_reduce`, one), `${name}.act1`)
    const expanded = pieces.convolution(reduced, `${name}.conv_expand`, one)
    const gate = graph.node('Sigmoid', `${name}.gate`, [expanded])
    return graph.node('Mul', `${name}.scale`, [x, gate])
  }

  const residual = (input: string, width: number, block: Block): string => {
    const { expand, depthwise, project } = partsOf(block)
    let x = input
    if (expand !== null) x = activated(normed(x, expand, { kernel: 1 }), `${expand[1]}.act`)
    const { kernel, stride } = block
    x = normed(x, depthwise, { kernel, stride, groups: pieces.length(`${depthwise[0]}.weight`) })
    x = activated(x, `${depthwise[1]}.act`)
    if (block.squeeze) x = squeezed(x, `${block.name}.se`)
    x = normed(x, project, { kernel: 1 })
    const same = stride === 1 && pieces.length(`${project[0]}.weight`) === width
    return same ? graph.node('Add', `${block.name}.add`, [x, input]) : x
  }

  let x = activated(normed('images', ['conv_stem', 'bn1'], { kernel: 3, stride: 2 }), 'bn1.act')
  let width = pieces.length('conv_stem.weight')
  for (const block of model.stages.flat()) {
    x = residual(x, width, block)
    width = pieces.length(`${partsOf(block).project[0]}.weight`)
  }
  x = pieces.pooled(activated(normed(x, ['conv_head', 'bn2'], { kernel: 1 }), 'bn2.act'))
  const classes = pieces.length('classifier.weight')
  return graph.finish('images', 3, pieces.classifier(x, 'classifier'), classes)
}
