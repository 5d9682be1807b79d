/** Gives a graph one float32 output [N, classes]. */
import { LinchpinError } from '@shared/errors'
import { lengthsOf } from '../arrays'
import { withGraph, type OnnxModel, type ValueInfoProto } from '../model'
import { changed, newNode, withoutDeadParts } from '../nodes'
import { TensorProto_DataType } from '../proto/onnx_pb'
import { declaredShape, inferShapes } from '../shapes'
import { isFloating } from '../tensors'
import { GraphValues } from '../values'
import { elementType, shown } from './signature'
import { floatPort } from '../declarations'

/** A size that every classifier takes, where the graph leaves it open. */
const USUAL_SIZE = 224

export interface GraphOutput {
  readonly name: string
  /** Null: free, or not known. */
  readonly shape: readonly (number | null)[]
}

interface Candidate extends GraphOutput {
  readonly value: ValueInfoProto
}

export interface ChosenOutput {
  /** With that output alone, and without what it does not need. */
  readonly model: OnnxModel
  readonly outputs: readonly GraphOutput[]
  readonly chosen: string
  /** Other outputs that look like logits as well. */
  readonly alike: readonly string[]
}

/**
 * @param wanted name of an output; absent: the first of shape [N, classes].
 * @throws GRAPH_UNSUPPORTED, OPTION_INVALID.
 */
export function withOneOutput(model: OnnxModel, wanted: string | undefined): ChosenOutput {
  const outputs = outputsOf(model)
  const names = outputs.map(({ name }) => name)
  if (wanted !== undefined && !names.includes(wanted)) {
    throw new LinchpinError('OPTION_INVALID', `There is no output "${wanted}".`, {
      fix: `Outputs are ${names.join(', ')}.`
    })
  }
  const rows = outputs.filter(({ value, shape }) => isNumeric(value) && shape.length === 2)
  const flat = outputs.filter(({ value, shape }) => isNumeric(value) && isOneRow(shape))
  const likely = rows.length > 0 ? rows : flat
  const only = outputs.length === 1 ? outputs[0] : undefined
  const chosen = outputs.find(({ name }) => name === wanted) ?? likely[0] ?? only
  if (chosen === undefined || !isNumeric(chosen.value)) {
    throw new LinchpinError(
      'GRAPH_UNSUPPORTED',
      `${chosen === undefined ? 'None of its outputs' : 'Its output'} (${(chosen === undefined ? model.graph.output : [chosen.value]).map(shown).join(', ')}) ${chosen === undefined ? 'has the shape [N, classes]' : 'holds no floating-point numbers'}.`,
      { fix: 'Export the model with its logits as output.' }
    )
  }
  const cut = withGraph(model, withoutDeadParts({ ...model.graph, output: [chosen.value] }))
  const alike = wanted === undefined ? likely.filter((other) => other !== chosen) : []
  return {
    model: flattened(cut, chosen),
    outputs: outputs.map(({ name, shape }) => ({ name, shape })),
    chosen: chosen.name,
    alike: alike.map(({ name }) => name)
  }
}

/** Not declared counts as float. */
const isNumeric = (value: ValueInfoProto): boolean =>
  elementType(value) === TensorProto_DataType.UNDEFINED || isFloating(elementType(value))

/** [N, classes, 1, 1], [N, 1, classes], [classes]. */
function isOneRow(shape: readonly (number | null)[]): boolean {
  return shape.length === 1 || (shape.length > 2 && lengthsOf(shape.slice(1).map((d) => d ?? 2)).length <= 1)
}

function outputsOf(model: OnnxModel): Candidate[] {
  const values = new GraphValues(model.graph)
  const shapes = inferShapes(model.graph, values, guessedInput(values))
  return model.graph.output.map((value) => {
    const inferred = shapes.get(value.name)
    const declared = declaredShape(value)
    const known = declared?.length === inferred?.length || declared === null ? inferred : undefined
    const shape = declared?.map((size, axis) => size ?? (axis === 0 ? null : (known?.[axis] ?? null)))
    return {
      name: value.name,
      value,
      shape: shape ?? known?.with(0, 0).map((d, i) => (i === 0 ? null : d)) ?? []
    }
  })
}

/** The shape of the image input, one image. */
export function guessedInput(values: GraphValues): readonly number[] {
  const inputs = values.inputs().map((input) => declaredShape(input))
  const images = inputs.find((shape) => shape?.length === 4) ?? [null, 3, null, null]
  const channelsLast = images[1] !== 3 && images[3] === 3
  const usual = channelsLast ? [1, USUAL_SIZE, USUAL_SIZE, 3] : [1, 3, USUAL_SIZE, USUAL_SIZE]
  return images.map((size, axis) => size ?? usual[axis] ?? 1)
}

/** As float32 [N, classes]. */
function flattened(model: OnnxModel, { value, shape, name }: Candidate): OnnxModel {
  const type = elementType(value)
  const nodes = []
  let last = name
  if (shape.length !== 2 && shape.length > 0 && isOneRow(shape)) {
    last = `${name}::flat`
    nodes.push(newNode('Flatten', [name], last, { axis: shape.length === 1 ? 0 : 1 }))
  }
  if (type !== TensorProto_DataType.FLOAT && type !== TensorProto_DataType.UNDEFINED) {
    nodes.push(newNode('Cast', [last], `${name}::float32`, { to: TensorProto_DataType.FLOAT }))
    last = `${name}::float32`
  }
  const classes = shape.length === 1 ? (shape[0] ?? null) : lengthsOf(shape.slice(1).map((d) => d ?? -1))[0]
  const row = [
    shape.length === 1 ? 1 : (shape[0] ?? null),
    classes === undefined || classes === -1 ? null : classes
  ]
  // A shape that is not known stays undeclared: the runtime tells.
  const output =
    shape.length === 0 ? changed(value, { name: last }) : floatPort(last, shape.length === 2 ? shape : row)
  return withGraph(model, { ...model.graph, node: [...model.graph.node, ...nodes], output: [output] })
}
