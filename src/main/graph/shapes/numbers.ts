/** Exporters compute shapes in the graph: Shape, Gather, Concat, Mul … A small interpreter of those operators. */
import type { NodeProto } from '../model'
import { positive } from '../arrays'
import { attribute, integerAttribute } from '../nodes'
import { isFloating, readFloats, readIntegers } from '../tensors'
import type { Known, Numbers } from './types'

const PAIRWISE: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Min: Math.min,
  Max: Math.max,
  Mod: (a, b) => a - b * Math.floor(a / b),
  Equal: (a, b) => Number(a === b),
  Less: (a, b) => Number(a < b),
  Greater: (a, b) => Number(a > b)
}

const EACH: Readonly<Record<string, (a: number) => number>> = {
  Identity: (a) => a,
  Squeeze: (a) => a,
  Unsqueeze: (a) => a,
  Reshape: (a) => a,
  Flatten: (a) => a,
  Neg: (a) => -a,
  Floor: Math.floor,
  Ceil: Math.ceil
}

/** Null: the values are not known, or are no numbers that shapes are made of. */
export function numbersOf(node: NodeProto, known: Known): Numbers | null {
  const [first] = node.input
  if (node.opType === 'Shape') return shapeAsNumbers(node, known)
  if (node.opType === 'ConstantOfShape') return filled(node, known)
  const each = EACH[node.opType]
  if (each !== undefined) return mapped(known.numbers(first), each)
  const pairwise = PAIRWISE[node.opType]
  if (pairwise !== undefined) return paired(node, known, pairwise)
  switch (node.opType) {
    case 'Cast': {
      const whole = !isFloating(integerAttribute(node, 'to', 0))
      const source = known.numbers(first)
      return source === null ? null : { values: whole ? source.values.map(Math.trunc) : source.values, whole }
    }
    case 'Range': {
      const [start, end, step] = node.input.map((name) => known.numbers(name)?.values[0])
      const length = known.shape(node.output[0])?.[0] ?? Infinity
      if (start === undefined || end === undefined || step === undefined || length > 64) return null
      return { values: Array.from({ length }, (_, i) => start + i * step), whole: true }
    }
    case 'Gather': {
      const [source, places] = [known.numbers(first), known.numbers(node.input[1])]
      if (source === null || places === null) return null
      const taken = places.values.map((i) => source.values.at(i))
      return taken.every((value) => value !== undefined) ? { ...source, values: taken } : null
    }
    case 'Concat': {
      const parts = node.input.map((name) => known.numbers(name))
      if (!parts.every((part) => part !== null)) return null
      return { values: parts.flatMap(({ values }) => values), whole: parts[0]?.whole ?? true }
    }
    case 'Slice':
      return sliced(node, known)
    case 'Transpose':
      return turned(node, known)
    case 'Where': {
      const [condition, yes, no] = node.input.map((name) => known.numbers(name))
      if (!condition || !yes || !no) return null
      const length = Math.max(condition.values.length, yes.values.length, no.values.length)
      const at = ({ values }: Numbers, i: number): number => values[values.length === 1 ? 0 : i] ?? 0
      return {
        values: Array.from({ length }, (_, i) => (at(condition, i) !== 0 ? at(yes, i) : at(no, i))),
        whole: yes.whole && no.whole
      }
    }
    default:
      return null
  }
}

/** Rows from the first axis, also from the last to the first: exporters turn over the pads of an image so. */
function sliced(node: NodeProto, known: Known): Numbers | null {
  const [source, starts, ends, axes, steps] = node.input.map((name) => known.numbers(name))
  const start = starts?.values[0]
  const end = ends?.values[0]
  const [rows = 0] = known.shape(node.input[0]) ?? []
  const step = steps?.values[0] ?? 1
  if (!source || start === undefined || end === undefined || rows === 0) return null
  if ((axes?.values[0] ?? 0) !== 0 || starts?.values.length !== 1 || Math.abs(step) !== 1) return null
  const row = source.values.length / rows
  const indices = Array.from({ length: rows }, (_, i) => i)
  const kept =
    step === 1
      ? indices.slice(start, end)
      : indices.filter((i) => i <= positive(start, rows) && i > Math.max(-1, positive(end, rows))).reverse()
  return { ...source, values: kept.flatMap((i) => source.values.slice(i * row, (i + 1) * row)) }
}

/** Of a matrix. */
function turned(node: NodeProto, known: Known): Numbers | null {
  const source = known.numbers(node.input[0])
  const shape = known.shape(node.input[0])
  const [rows = 1, columns = 1] = shape ?? []
  if (source === null || shape?.length !== 2) return null
  const values = source.values.map((_, i) => source.values[(i % rows) * columns + Math.floor(i / rows)] ?? 0)
  return { ...source, values }
}

function shapeAsNumbers(node: NodeProto, known: Known): Numbers | null {
  const shape = known.shape(node.input[0])
  if (shape === null) return null
  const start = integerAttribute(node, 'start', 0)
  return { values: shape.slice(start, integerAttribute(node, 'end', shape.length)), whole: true }
}

function filled(node: NodeProto, known: Known): Numbers | null {
  const length = known.numbers(node.input[0])?.values.reduce((product, size) => product * size, 1)
  if (length === undefined || length > 64) return null
  const value = attribute(node, 'value')?.t
  if (value === undefined) return { values: Array<number>(length).fill(0), whole: false }
  const whole = !isFloating(value.dataType)
  const [number] = whole ? (readIntegers(value) ?? []) : readFloats(value)
  return number === undefined ? null : { values: Array<number>(length).fill(number), whole }
}

function mapped(source: Numbers | null, change: (a: number) => number): Numbers | null {
  return source === null ? null : { ...source, values: source.values.map(change) }
}

function paired(node: NodeProto, known: Known, combine: (a: number, b: number) => number): Numbers | null {
  const [a, b] = [known.numbers(node.input[0]), known.numbers(node.input[1])]
  if (a === null || b === null) return null
  const length = Math.max(a.values.length, b.values.length)
  const whole = a.whole && b.whole
  const values = Array.from({ length }, (_, i) => {
    const value = combine(
      a.values[a.values.length === 1 ? 0 : i] ?? 0,
      b.values[b.values.length === 1 ? 0 : i] ?? 0
    )
    return whole ? Math.trunc(value) : value
  })
  return { values, whole }
}
