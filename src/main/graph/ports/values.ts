/** Declarations of a graph's inputs and outputs. */
import { create } from '@bufbuild/protobuf'
import { TensorProto_DataType, ValueInfoProtoSchema, type ValueInfoProto } from '../proto/onnx_pb'

/** Declares a float32 value. @param dims null: any size. */
export function floatPort(name: string, dims: readonly (number | null)[]): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: TensorProto_DataType.FLOAT,
          shape: {
            dim: dims.map((size, axis) => ({
              value:
                size === null
                  ? { case: 'dimParam' as const, value: `linchpin_${String(axis)}` }
                  : { case: 'dimValue' as const, value: BigInt(size) }
            }))
          }
        }
      }
    }
  })
}
