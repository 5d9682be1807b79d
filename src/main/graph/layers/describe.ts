import type { LayerKind } from '@shared/contract/model'
import { transpose } from '../arrays'
import type { Shape } from '../shapes'
import { sizeOf } from '../tensors'
import { placeOf } from './names'
import type { Found, GraphLayer, LayerParameter, Part } from './types'

interface Inferred {
  readonly shapes: ReadonlyMap<string, Shape>
  /** How many images they are of. */
  readonly images: number
}

export function describe(layer: Found, name: string, inferred: Inferred): GraphLayer {
  const tensors = layer.parts.map((part) => parameterOf(part, name))
  const weight = tensors[0]?.shape ?? []
  return {
    name,
    kind: layer.kind,
    shape: [...weight],
    // Statistics of a batch norm are no parameters, as PyTorch counts.
    parameters: tensors
      .filter(({ role }) => role === 'weight' || role === 'bias')
      .reduce((sum, tensor) => sum + sizeOf(tensor.shape), 0),
    macs: multiplyAccumulates(layer, weight, inferred),
    downstream: null,
    ...placeOf(name),
    tensors
  }
}

function parameterOf({ role, constant, shape, transposed, uses }: Part, layer: string): LayerParameter {
  const matrix = [shape[1] ?? 1, shape[0] ?? 1]
  return {
    role,
    name: `${layer}.${role}`,
    shape,
    uses,
    layout: { shape: constant.shape, transposed, dataType: constant.dataType },
    read: () => (transposed ? transpose(constant.read(), matrix) : constant.read())
  }
}

/** Of one image, every use counted; null where a shape is not known. */
function multiplyAccumulates(
  { kind, node, again }: Found,
  weight: readonly number[],
  { shapes, images }: Inferred
): number | null {
  if (kind === 'embedding') return 0
  let sum = 0
  for (const user of [node, ...again]) {
    // Each value that enters a transposed convolution meets every weight of its channel once.
    const counted = user.opType === 'ConvTranspose' ? user.input[0] : user.output[0]
    const shape = counted === undefined ? undefined : shapes.get(counted)
    if (shape === undefined) return null
    sum += (sizeOf(shape) * perValue(kind, weight)) / images
  }
  return sum
}

function perValue(kind: LayerKind, weight: readonly number[]): number {
  if (kind === 'conv') return sizeOf(weight.slice(1))
  return kind === 'linear' ? (weight[1] ?? 0) : 1
}
