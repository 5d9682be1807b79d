import type { GraphLayer, LayerParameter, ParameterRole } from '../../src/main/graph'
import { placeOf } from '../../src/main/graph/layers/names'

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)

/** A layer without a graph: what the drawing of parameters looks at. */
export function fakeLayer(
  name: string,
  kind: GraphLayer['kind'],
  shapes: Partial<Record<ParameterRole, readonly number[]>>,
  values: Partial<Record<ParameterRole, Float32Array>> = {}
): GraphLayer {
  const tensors = Object.entries(shapes).map(([key, shape]): LayerParameter => {
    const role = key as ParameterRole
    return {
      role,
      name: `${name}.${role}`,
      shape,
      uses: [],
      layout: { shape, transposed: false, dataType: 1 },
      read: () => values[role] ?? new Float32Array(sizeOf(shape))
    }
  })
  return {
    name,
    kind,
    shape: [...(shapes.weight ?? [])],
    parameters: tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    macs: null,
    downstream: null,
    ...placeOf(name),
    tensors
  }
}
