/**
 * Shapes of values, as far as they follow from the operators that vision classifiers are made of. Enough to count
 * multiply–accumulates; a value that cannot be told is left out.
 */
import { readFloats, readIntegers, isFloating, sizeOf } from '../tensors'
import type { GraphProto, NodeProto, ValueInfoProto } from '../model'
import type { GraphValues } from '../values'
import { numbersOf } from './numbers'
import { shapesOf } from './operators'
import type { Known, Numbers, Shape } from './types'

export type { Shape } from './types'

/** Declared dimensions of a graph's input or output; null where a dimension is free. */
export function declaredShape(value: ValueInfoProto): (number | null)[] | null {
  const type = value.type?.value
  if (type?.case !== 'tensorType' || type.value.shape === undefined) return null
  return type.value.shape.dim.map((dim) => (dim.value.case === 'dimValue' ? Number(dim.value.value) : null))
}

/** More numbers than this are no shape. */
const MOST_NUMBERS = 64

/** @param input shape of the image input, e.g. [1, C, H, W]. Where there are several, their declared shapes count. */
export function inferShapes(
  graph: GraphProto,
  values: GraphValues,
  input: Shape
): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>()
  const numbers = new Map<string, Numbers>()
  const inputs = values.inputs()
  for (const value of inputs) {
    const declared = declaredShape(value)?.map((size) => size ?? 1)
    shapes.set(value.name, inputs.length === 1 ? input : (declared ?? input))
  }
  const known: Known = {
    shape: (name) =>
      name === undefined || name === '' ? null : (shapes.get(name) ?? values.constant(name)?.shape ?? null),
    numbers: (name) =>
      name === undefined || name === '' ? null : (numbers.get(name) ?? storedNumbers(name, values))
  }
  for (const node of graph.node) inferNode(node, known, shapes, numbers)
  return shapes
}

function inferNode(
  node: NodeProto,
  known: Known,
  shapes: Map<string, Shape>,
  numbers: Map<string, Numbers>
): void {
  const inferred = shapesOf(node, known)
  node.output.forEach((name, i) => {
    const shape = inferred[i]
    const sound = shape?.every((size) => Number.isInteger(size) && size >= 0) === true
    if (name !== '' && shape !== undefined && sound) shapes.set(name, shape)
  })
  const [output] = node.output
  const made = numbersOf(node, known)
  if (output === undefined || made === null || made.values.length > MOST_NUMBERS) return
  numbers.set(output, made)
  if (!shapes.has(output) && known.shape(output) === null) shapes.set(output, [made.values.length])
}

function storedNumbers(name: string, values: GraphValues): Numbers | null {
  const constant = values.constant(name)
  const [tensor, other] = constant?.tensors ?? []
  if (constant === null || tensor === undefined || other !== undefined) return null
  if (sizeOf(constant.shape) > MOST_NUMBERS) return null
  if (isFloating(tensor.dataType)) return { values: [...readFloats(tensor)], whole: false }
  const integers = readIntegers(tensor)
  return integers === null ? null : { values: integers, whole: true }
}
