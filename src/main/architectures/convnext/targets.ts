/** The tensors that a ConvNeXt must have. */
import type { TensorShapes } from '../types'
import type { ConvNeXt } from './layout'

/** Every tensor that the network needs, with the shape it must have, in network order. */
export function targetsOf(model: ConvNeXt, shapes: TensorShapes): ReadonlyMap<string, readonly number[]> {
  const targets = new Map<string, readonly number[]>()
  const lengthOf = (name: string): number => shapes.get(name)?.[0] ?? 0
  const withBias = (module: string, weight: readonly number[]): void => {
    targets.set(`${module}.weight`, weight)
    targets.set(`${module}.bias`, [weight[0] ?? 0])
  }
  const norm = (module: string, width: number): void => {
    withBias(module, [width])
  }
  const pointwise = model.convolutional ? [1, 1] : []

  let width = lengthOf('stem.0.weight')
  if (model.stem === 'overlap') {
    withBias('stem.0', [width, 3, 3, 3])
    const output = lengthOf('stem.1.weight')
    withBias('stem.1', [output, width, 3, 3])
    width = output
    norm('stem.2', width)
  } else {
    withBias('stem.0', [width, 3, 4, 4])
    norm('stem.1', width)
  }
  for (const stage of model.stages) {
    if (stage.downsample) {
      norm(`${stage.name}.downsample.0`, width)
      const output = lengthOf(`${stage.name}.downsample.1.weight`)
      withBias(`${stage.name}.downsample.1`, [output, width, 2, 2])
      width = output
    }
    for (const { name, kernel } of stage.blocks) {
      // An even kernel would not keep the size.
      const odd = kernel % 2 === 1 ? kernel : 7
      withBias(`${name}.conv_dw`, [width, 1, odd, odd])
      norm(`${name}.norm`, width)
      const hidden = lengthOf(`${name}.mlp.fc1.weight`)
      withBias(`${name}.mlp.fc1`, [hidden, width, ...pointwise])
      if (model.responses) withBias(`${name}.mlp.grn`, [hidden])
      withBias(`${name}.mlp.fc2`, [width, hidden, ...pointwise])
      if (model.scaled) targets.set(`${name}.gamma`, [width])
    }
  }
  norm(model.normFirst ? 'norm_pre' : 'head.norm', width)
  if (model.hidden) {
    const output = lengthOf('head.pre_logits.fc.weight')
    withBias('head.pre_logits.fc', [output, width])
    width = output
  }
  const classes = shapes.get('head.fc.weight')?.[0] ?? lengthOf('head.fc.bias')
  withBias('head.fc', [classes, width])
  return targets
}
