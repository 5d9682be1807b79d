/** Finds the layers of a graph: what has parameters of its own and can be perturbed. */
import type { LayerInfo, LayerKind } from '@shared/contract/model'
import type { NodeProto, OnnxModel, TensorProto } from './model'
import { moduleName, placeOf, withoutSharedWrapper } from './names'
import { inferShapes, type Shape } from './shapes'
import { readFloats, shapeOf, sizeOf } from './tensors'
import { integerAttribute, GraphValues, type Use } from './values'

export type ParameterRole = 'weight' | 'bias' | 'running_mean' | 'running_var'

/** One tensor of a layer. Shapes and values are in PyTorch's layout, whatever the graph's. */
export interface LayerParameter {
  readonly role: ParameterRole
  /** The layer's name and the role: `layer1.0.conv1.weight`. */
  readonly name: string
  readonly shape: readonly number[]
  /** Node inputs that take it. Another layer's inputs may share the tensor; they are not listed. */
  readonly uses: readonly Use[]
  /** Whether the node takes the transposed matrix. */
  readonly transposed: boolean
  /** Row-major float32 in `shape`. */
  read(): Float32Array
}

export interface GraphLayer extends LayerInfo {
  readonly tensors: readonly LayerParameter[]
}

/** A layer before it has its final name. */
interface Found {
  readonly kind: LayerKind
  readonly node: NodeProto
  readonly index: number
  readonly parts: readonly Part[]
}

interface Part {
  readonly role: ParameterRole
  /** As the node names it: exporters share equal tensors behind different names. */
  readonly value: string
  readonly tensor: TensorProto
  readonly transposed: boolean
  uses: Use[]
}

/**
 * @param input shape of one image, [1, C, H, W], for counting multiply–accumulates.
 * @returns in the order of the graph, names unique.
 */
export function findLayers(model: OnnxModel, input: Shape): GraphLayer[] {
  const values = new GraphValues(model.graph)
  const found: Found[] = []
  model.graph.node.forEach((node, index) => {
    const layer = layerOf(node, index, values)
    if (layer === null) return
    const twin = found.find((other) => shareWeight(other, layer))
    if (twin === undefined) found.push(layer)
    else
      for (const part of twin.parts)
        part.uses.push(...(layer.parts.find((p) => p.tensor === part.tensor)?.uses ?? []))
  })
  const names = layerNames(found)
  const shapes = inferShapes(model.graph, values, input)
  return found.map((layer, i) => describe(layer, names[i] ?? '', shapes))
}

/**
 * One matrix used twice, turned alike, is one layer; equal vectors (zero biases, unit scales) shared by an exporter are
 * not.
 */
function shareWeight(a: Found, b: Found): boolean {
  const weight = a.parts[0]
  return (
    weight !== undefined &&
    a.kind === b.kind &&
    weight.tensor.dims.length > 1 &&
    weight.tensor === b.parts[0]?.tensor &&
    turnedOnTheWay(a.node, weight) === turnedOnTheWay(b.node, b.parts[0])
  )
}

/** Whether the node's input is the transpose of the stored matrix. */
function turnedOnTheWay(node: NodeProto, { transposed }: Part): boolean {
  return transposed !== nodeTakesTransposed(node)
}

function layerOf(node: NodeProto, index: number, values: GraphValues): Found | null {
  const part = (role: ParameterRole, input: number): Part[] => {
    const value = node.input[input]
    const constant = value === undefined || value === '' ? null : values.constant(value)
    if (value === undefined || constant === null) return []
    return [{ role, value, ...constant, uses: [{ node: index, input }] }]
  }
  const layer = (kind: LayerKind, parts: Part[]): Found | null =>
    parts[0]?.role === 'weight' ? { kind, node, index, parts } : null
  switch (node.opType) {
    case 'Conv':
      return layer('conv', [...part('weight', 1), ...part('bias', 2)])
    case 'BatchNormalization':
      return layer('norm', [
        ...part('weight', 1),
        ...part('bias', 2),
        ...part('running_mean', 3),
        ...part('running_var', 4)
      ])
    case 'Gemm':
      return layer('linear', [
        ...part('weight', 1).map((p) => ({
          ...p,
          transposed: p.transposed !== (integerAttribute(node, 'transB', 0) === 0)
        })),
        ...part('bias', 2)
      ])
    case 'MatMul':
      return layer('linear', [
        ...part('weight', 1)
          .filter((p) => p.tensor.dims.length === 2)
          .map((p) => ({ ...p, transposed: !p.transposed })),
        ...addedBias(node, values)
      ])
    default:
      return null
  }
}

/** MatMul's bias is a constant vector in the Add behind it. */
function addedBias(node: NodeProto, values: GraphValues): Part[] {
  const [output] = node.output
  const uses = output === undefined ? [] : values.usesOf(output)
  const [use] = uses
  const add = use === undefined ? undefined : values.graph.node[use.node]
  if (uses.length !== 1 || use === undefined || add?.opType !== 'Add') return []
  const input = 1 - use.input
  const value = add.input[input]
  const constant = value === undefined ? null : values.constant(value)
  if (value === undefined || constant?.tensor.dims.length !== 1) return []
  return [{ role: 'bias', value, ...constant, uses: [{ node: use.node, input }] }]
}

function layerNames(found: readonly Found[]): string[] {
  const modules = found.map(({ node, parts }) => moduleName(node, parts[0]?.value ?? ''))
  const named = modules.filter((name): name is string => name !== null)
  const short = new Map(withoutSharedWrapper(named).map((name, i) => [named[i] ?? '', name]))
  const counts = new Map<string, number>()
  return found.map(({ node, index }, i) => {
    const module = modules[i] ?? null
    const name =
      (module === null ? null : short.get(module)) ?? `${node.opType.toLowerCase()}_${String(index)}`
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    return count === 0 ? name : `${name}#${String(count + 1)}`
  })
}

function describe(layer: Found, name: string, shapes: ReadonlyMap<string, Shape>): GraphLayer {
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

/** Gemm with transB takes [out, in], as PyTorch keeps it; Gemm without and MatMul take [in, out]. */
function nodeTakesTransposed(node: NodeProto): boolean {
  return node.opType === 'MatMul' || (node.opType === 'Gemm' && integerAttribute(node, 'transB', 0) === 0)
}

function multiplyAccumulates(kind: LayerKind, weight: readonly number[], output: Shape): number {
  if (kind === 'conv') return sizeOf(output) * sizeOf(weight.slice(1))
  if (kind === 'linear') return sizeOf(output) * (weight[1] ?? 0)
  return sizeOf(output)
}

/** Of a row-major matrix [rows, columns]. */
export function transpose(values: Float32Array, [rows = 0, columns = 0]: readonly number[]): Float32Array {
  const result = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = values[row * columns + column] ?? 0
    }
  }
  return result
}
