/** Which number format each value of a graph has. */
import type { GraphProto, NodeProto } from '../model'
import { attribute, integerAttribute, subgraphsOf } from '../nodes'
import { elementType } from '../ports/signature'
import { TensorProto_DataType } from '../proto/onnx_pb'

const { UNDEFINED, FLOAT, INT32, INT64, BOOL } = TensorProto_DataType

const WHOLE = new Set(['Shape', 'Size', 'NonZero', 'ArgMax', 'ArgMin'])
const TRUTH = new Set([
  'Equal', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual', 'And', 'Or', 'Xor', 'Not', 'IsNaN', 'IsInf'
]) // prettier-ignore
/** Which input has the format of the output, where it is not the first. */
const LIKE: ReadonlyMap<string, number> = new Map([
  ['CastLike', 1],
  ['Where', 1],
  ['OneHot', 2]
])
/** Format of the second output, and of those after it. */
const SECOND: ReadonlyMap<string, number> = new Map([
  ['TopK', INT64],
  ['MaxPool', INT64],
  ['Dropout', BOOL],
  // Its statistics, whatever it normalises.
  ['LayerNormalization', FLOAT]
])

/** TensorProto.DataType of each value; UNDEFINED where it cannot be told. What a file declares is believed. */
export function elementTypes(graph: GraphProto): ReadonlyMap<string, number> {
  const types = new Map<string, number>()
  for (const value of [...graph.input, ...graph.valueInfo, ...graph.output]) {
    const type = elementType(value)
    if (type !== UNDEFINED) types.set(value.name, type)
  }
  for (const { name, dataType } of graph.initializer) types.set(name, dataType)
  for (const node of graph.node) {
    const found = typesOf(node, types)
    node.output.forEach((name, i) => {
      if (name !== '' && !types.has(name)) types.set(name, found(i))
    })
  }
  return types
}

function typesOf(node: NodeProto, types: ReadonlyMap<string, number>): (output: number) => number {
  const [branch] = subgraphsOf(node)
  if (branch !== undefined) {
    // A loop's first output says whether it goes on, and stays inside.
    const skipped = node.opType === 'Loop' ? 1 : 0
    return (i) => {
      const output = branch.output[i + skipped]
      return output === undefined ? UNDEFINED : elementType(output)
    }
  }
  const first = firstType(node, types)
  const second = SECOND.get(node.opType)
  return (i) => (i > 0 && second !== undefined ? second : first)
}

function firstType(node: NodeProto, types: ReadonlyMap<string, number>): number {
  const { opType } = node
  if (WHOLE.has(opType)) return INT64
  if (TRUTH.has(opType)) return BOOL
  if (opType === 'Cast') return integerAttribute(node, 'to', UNDEFINED)
  if (opType === 'Multinomial') return integerAttribute(node, 'dtype', INT32)
  const dtype = attribute(node, 'dtype')
  if (dtype !== undefined) return Number(dtype.i)
  if (opType === 'Constant' || opType === 'ConstantOfShape') {
    const whole = attribute(node, 'value_int') ?? attribute(node, 'value_ints')
    return attribute(node, 'value')?.t?.dataType ?? (whole === undefined ? FLOAT : INT64)
  }
  const like = LIKE.get(opType)
  const input = like === undefined ? node.input.find((name) => name !== '') : node.input[like]
  return input === undefined ? FLOAT : (types.get(input) ?? UNDEFINED)
}
