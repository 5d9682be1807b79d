import { create } from '@bufbuild/protobuf'
import { LinchpinError } from '@shared/errors'
import {
  asFloat32,
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
  float64ToFloat32
} from '../numbers/floats'
import { TensorProtoSchema, TensorProto_DataType, type TensorProto } from './proto/onnx_pb'

export function shapeOf(tensor: TensorProto): number[] {
  return tensor.dims.map(Number)
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/**
 * The values of a floating-point tensor as float32, row-major. May share memory with the tensor.
 * @throws FORMAT_INVALID when values are missing or not floating-point.
 */
export function readFloats(tensor: TensorProto): Float32Array {
  const values = decode(tensor)
  const expected = sizeOf(shapeOf(tensor))
  if (values.length !== expected) {
    throw new LinchpinError(
      'FORMAT_INVALID',
      `Tensor "${tensor.name}" [${shapeOf(tensor).join(', ')}] needs ${String(expected)} values and has ${String(values.length)}.`
    )
  }
  return values
}

function decode(tensor: TensorProto): Float32Array {
  const raw = copyIfShared(tensor.rawData)
  switch (tensor.dataType) {
    case TensorProto_DataType.FLOAT:
      return raw.length > 0 ? asFloat32(raw) : Float32Array.from(tensor.floatData)
    case TensorProto_DataType.FLOAT16:
      return float16ToFloat32(raw.length > 0 ? raw : wordsToBytes(tensor.int32Data))
    case TensorProto_DataType.BFLOAT16:
      return bfloat16ToFloat32(raw.length > 0 ? raw : wordsToBytes(tensor.int32Data))
    case TensorProto_DataType.DOUBLE:
      return raw.length > 0 ? float64ToFloat32(raw) : Float32Array.from(tensor.doubleData)
    default:
      throw new LinchpinError(
        'FORMAT_INVALID',
        `Tensor "${tensor.name}" has data type ${String(tensor.dataType)}; expected floating-point values.`
      )
  }
}

/** Values of an integer tensor, e.g. a shape; null for other types. */
export function readIntegers(tensor: TensorProto): number[] | null {
  if (tensor.dataType === TensorProto_DataType.INT64) {
    if (tensor.rawData.length === 0) return tensor.int64Data.map(Number)
    const view = new DataView(tensor.rawData.buffer, tensor.rawData.byteOffset, tensor.rawData.byteLength)
    return Array.from({ length: view.byteLength / 8 }, (_, i) => Number(view.getBigInt64(8 * i, true)))
  }
  if (tensor.dataType === TensorProto_DataType.INT32) {
    if (tensor.rawData.length === 0) return [...tensor.int32Data]
    const view = new DataView(tensor.rawData.buffer, tensor.rawData.byteOffset, tensor.rawData.byteLength)
    return Array.from({ length: view.byteLength / 4 }, (_, i) => view.getInt32(4 * i, true))
  }
  return null
}

/** float16 and bfloat16 values kept as integers, one 16-bit word each. */
function wordsToBytes(words: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Uint16Array.from(words).buffer)
}

function copyIfShared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes)
}

/** Whether values of a TensorProto.DataType are read as floats. */
export function isFloating(dataType: number): boolean {
  const { FLOAT, FLOAT16, BFLOAT16, DOUBLE } = TensorProto_DataType
  return dataType === FLOAT || dataType === FLOAT16 || dataType === BFLOAT16 || dataType === DOUBLE
}

/** A float32 tensor; shares memory with `values`. */
export function floatTensor(name: string, shape: readonly number[], values: Float32Array): TensorProto {
  return tensorOf(name, shape, TensorProto_DataType.FLOAT, values)
}

/** A tensor of a floating-point type, rounded to nearest; float32 shares memory with `values`. */
export function tensorOf(
  name: string,
  shape: readonly number[],
  dataType: number,
  values: Float32Array
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType,
    rawData: encode(dataType, values)
  })
}

function encode(dataType: number, values: Float32Array): Uint8Array {
  switch (dataType) {
    case TensorProto_DataType.FLOAT16:
      return float32ToFloat16(values)
    case TensorProto_DataType.BFLOAT16:
      return float32ToBfloat16(values)
    case TensorProto_DataType.DOUBLE:
      return new Uint8Array(Float64Array.from(values).buffer)
    default:
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  }
}

export function integerTensor(name: string, values: readonly number[]): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: [BigInt(values.length)],
    dataType: TensorProto_DataType.INT64,
    int64Data: values.map(BigInt)
  })
}
