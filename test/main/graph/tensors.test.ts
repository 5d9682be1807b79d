/** Every way in which ONNX stores floating-point and whole numbers: onnx.proto, message TensorProto. */
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { expect, it } from 'vitest'
import { TensorProtoSchema, TensorProto_DataType as Type } from '../../../src/main/graph/proto/onnx_pb'
import { readFloats, readIntegers, tensorOf } from '../../../src/main/graph/tensors'

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

// Values that numpy's float16 makes: np.array([…], np.float32).astype(np.float16); bfloat16: torch's .bfloat16().
it.each([
  [
    'float16',
    Type.FLOAT16,
    [0.1, 1.0009765, 1.0014648, 65519, 65520, -3e-8, 2.98e-8, 6.1e-5, 1e-9],
    [
      0.0999755859375,
      1.0009765625,
      1.001953125,
      65504,
      Infinity,
      -5.960464477539063e-8,
      0,
      6.097555160522461e-5,
      0
    ]
  ],
  [
    'bfloat16',
    Type.BFLOAT16,
    [0.1, 1.00390625, 1.01171875, 3.4e38, -1e-40],
    [0.10009765625, 1, 1.015625, Infinity, -9.183549615799121e-41]
  ],
  ['double', Type.DOUBLE, [0.5, -3], [0.5, -3]],
  ['float', Type.FLOAT, [0.5, -3], [0.5, -3]]
])('float32 is rounded to the nearest %s', (_, type, values, expected) => {
  const written = tensorOf('t', [values.length], type, Float32Array.from(values))
  expect(written.dataType).toBe(type)
  const read = [...readFloats(written)]
  read.forEach((value, i) => {
    expect(value).toBe(Math.fround(expected[i]!))
  })
  expect(read).toHaveLength(expected.length)
})
