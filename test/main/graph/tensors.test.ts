/** Every way in which ONNX stores floating-point and whole numbers: onnx.proto, message TensorProto. */
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { expect, it } from 'vitest'
import { TensorProtoSchema, TensorProto_DataType as Type } from '../../../src/main/graph/proto/onnx_pb'
import { readFloats, readIntegers } from '../../../src/main/graph/tensors'

const tensor = (part: MessageInitShape<typeof TensorProtoSchema>) =>
  create(TensorProtoSchema, { name: 't', dims: [2n], ...part })
const raw = (values: { buffer: ArrayBuffer }): Uint8Array => new Uint8Array(values.buffer)

it.each([
  ['float, raw', { dataType: Type.FLOAT, rawData: raw(Float32Array.of(1.5, -2)) }],
  ['float, listed', { dataType: Type.FLOAT, floatData: [1.5, -2] }],
  ['double, raw', { dataType: Type.DOUBLE, rawData: raw(Float64Array.of(1.5, -2)) }],
  ['double, listed', { dataType: Type.DOUBLE, doubleData: [1.5, -2] }],
  ['float16, raw', { dataType: Type.FLOAT16, rawData: raw(Uint16Array.of(0x3e00, 0xc000)) }],
  ['float16, listed', { dataType: Type.FLOAT16, int32Data: [0x3e00, 0xc000] }],
  ['bfloat16, raw', { dataType: Type.BFLOAT16, rawData: raw(Uint16Array.of(0x3fc0, 0xc000)) }],
  ['bfloat16, listed', { dataType: Type.BFLOAT16, int32Data: [0x3fc0, 0xc000] }]
])('%s', (_, part) => {
  expect([...readFloats(tensor(part))]).toEqual([1.5, -2])
})

it.each([
  ['int64, raw', { dataType: Type.INT64, rawData: raw(BigInt64Array.of(-1n, 7n)) }],
  ['int64, listed', { dataType: Type.INT64, int64Data: [-1n, 7n] }],
  ['int32, raw', { dataType: Type.INT32, rawData: raw(Int32Array.of(-1, 7)) }],
  ['int32, listed', { dataType: Type.INT32, int32Data: [-1, 7] }]
])('%s', (_, part) => {
  expect(readIntegers(tensor(part))).toEqual([-1, 7])
})

it('whole numbers are no floats, and floats no whole numbers', () => {
  expect(() => readFloats(tensor({ dataType: Type.INT64, int64Data: [1n, 2n] }))).toThrow(
    'expected floating-point'
  )
  expect(readIntegers(tensor({ dataType: Type.FLOAT, floatData: [1, 2] }))).toBeNull()
})

it('too few or too many values are refused', () => {
  expect(() => readFloats(tensor({ dataType: Type.FLOAT, floatData: [1] }))).toThrow(
    'needs 2 values and has 1'
  )
  expect(() => readFloats(tensor({ dataType: Type.FLOAT, floatData: [1, 2, 3] }))).toThrow('and has 3')
})
