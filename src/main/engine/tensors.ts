/** Tensors between graphs and the runtime: their types, and values of parameters in a graph's number format. */
import { transpose, type Replacement } from '../graph'
import { float32ToFloat16 } from '../numbers/floats'
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
const FLOAT16 = 10
const FLOAT64 = 11

/** TensorProto.DataType of a tensor of the runtime. */
export function dataTypeOf(tensor: Tensor): number {
  return DATA_TYPES[tensor.type] ?? 0
}

/** Number formats in which parameters can be handed to a session at run time. */
export function canBeFed(dataType: number): boolean {
  return dataType === 1 || dataType === FLOAT16 || dataType === FLOAT64
}

/** New values of a parameter as the graph's nodes take them. */
export function parameterTensor({ parameter, values }: Replacement): Tensor {
  const { layout, shape } = parameter
  const stored = layout.transposed ? transpose(values, shape) : values
  const dims = [...layout.shape]
  switch (layout.dataType) {
    case FLOAT16: {
      const { buffer, byteOffset, byteLength } = float32ToFloat16(stored)
      return new Tensor('float16', new Uint16Array(buffer, byteOffset, byteLength / 2), dims)
    }
    case FLOAT64:
      return new Tensor('float64', Float64Array.from(stored), dims)
    default:
      return new Tensor('float32', stored, dims)
  }
}
