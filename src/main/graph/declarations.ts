/** Declarations of a graph's inputs and outputs. */
import { create } from '@bufbuild/protobuf'
import { TensorProto_DataType, ValueInfoProtoSchema, type ValueInfoProto } from './proto/onnx_pb'

/** Declares a float32 value. @param dims a text names a size that is free, null is one without a name of its own. */
export function floatPort(name: string, dims: readonly (number | string | null)[]): ValueInfoProto {
  return port(name, TensorProto_DataType.FLOAT, dims)
}

/** The same of any TensorProto.DataType. */
export function port(
  name: string,
  elemType: number,
  dims: readonly (number | string | null)[]
): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType,
          shape: {
            dim: dims.map((size, axis) => ({
              value:
                typeof size === 'number'
                  ? { case: 'dimValue' as const, value: BigInt(size) }
                  : { case: 'dimParam' as const, value: size ?? `linchpin_${String(axis)}` }
            }))
          }
        }
      }
    }
  })
}
