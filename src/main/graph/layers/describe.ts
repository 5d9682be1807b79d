import type { LayerKind } from '@shared/contract/model'
import type { Shape } from '../shapes'
import { readFloats, shapeOf, sizeOf, transpose } from '../tensors'
import { placeOf } from './names'
import { nodeTakesTransposed } from './sharing'
import type { Found, GraphLayer, LayerParameter } from './types'

export function describe(layer: Found, name: string, shapes: ReadonlyMap<string, Shape>): GraphLayer {
  const tensors = layer.parts.map((part): LayerParameter => {
    const stored = shapeOf(part.tensor)
    // The tensor may be turned between file and node; `transposed` says how the node takes PyTorch's [out, in].
    const matrix = stored.length === 2 && part.role === 'weight'
    const swap = matrix && part.transposed
    return {
      role: part.role,
      name: `${name}.${part.role}`,
      shape: swap ? stored.toReversed() : stored,
      uses: part.uses,
      transposed: matrix && nodeTakesTransposed(layer.node),
      read: () => (swap ? transpose(readFloats(part.tensor), stored) : readFloats(part.tensor))
    }
  })
  const weight = tensors[0]?.shape ?? []
  const [output] = layer.node.output
  const outputShape = output === undefined ? undefined : shapes.get(output)
  return {
    name,
    kind: layer.kind,
    shape: [...weight],
    // Statistics of a batch norm are no parameters, as PyTorch counts.
    parameters: tensors
      .filter(({ role }) => role === 'weight' || role === 'bias')
      .reduce((sum, tensor) => sum + sizeOf(tensor.shape), 0),
    macs: outputShape === undefined ? null : multiplyAccumulates(layer.kind, weight, outputShape),
    ...placeOf(name),
    tensors
  }
}

function multiplyAccumulates(kind: LayerKind, weight: readonly number[], output: Shape): number {
  if (kind === 'conv') return sizeOf(output) * sizeOf(weight.slice(1))
  if (kind === 'linear') return sizeOf(output) * (weight[1] ?? 0)
  return sizeOf(output)
}
