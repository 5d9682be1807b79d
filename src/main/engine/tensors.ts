/** Tensors between graphs and the runtime: their types, and values of parameters as they are handed over. */
import { transpose, type Replacement } from '../graph'
import { Tensor } from './runtime'

/** TensorProto.DataType of the runtime's names of types. Source: onnx.proto. */
const DATA_TYPES: Readonly<Record<string, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13
}
const FLOAT64 = 11

/** TensorProto.DataType of a tensor of the runtime. */
export function dataTypeOf(tensor: Tensor): number {
  return DATA_TYPES[tensor.type] ?? 0
}

/** New values of a parameter in the arrangement of the graph's nodes; narrow floats are handed over as float32. */
export function parameterTensor({ parameter, values }: Replacement): Tensor {
  const { layout, shape } = parameter
  const stored = layout.transposed ? transpose(values, shape) : values
  const dims = [...layout.shape]
  return layout.dataType === FLOAT64
    ? new Tensor('float64', Float64Array.from(stored), dims)
    : new Tensor('float32', stored, dims)
}
