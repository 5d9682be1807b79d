/** NumPy's number formats. */
import { asFloat32, float16ToFloat32, float64ToFloat32 } from '../../numbers/floats'
import {
  boolToFloat32,
  int16ToFloat32,
  int32ToFloat32,
  int64ToFloat32,
  int8ToFloat32,
  uint16ToFloat32,
  uint32ToFloat32,
  uint64ToFloat32,
  uint8ToFloat32
} from '../../numbers/integers'

type Convert = (bytes: Uint8Array<ArrayBuffer>) => Float32Array

const CONVERTERS: ReadonlyMap<string, readonly [name: string, convert: Convert]> = new Map([
  ['f2', ['float16', float16ToFloat32]],
  ['f4', ['float32', asFloat32]],
  ['f8', ['float64', float64ToFloat32]],
  ['i1', ['int8', int8ToFloat32]],
  ['i2', ['int16', int16ToFloat32]],
  ['i4', ['int32', int32ToFloat32]],
  ['i8', ['int64', int64ToFloat32]],
  ['u1', ['uint8', uint8ToFloat32]],
  ['u2', ['uint16', uint16ToFloat32]],
  ['u4', ['uint32', uint32ToFloat32]],
  ['u8', ['uint64', uint64ToFloat32]],
  ['b1', ['bool', boolToFloat32]]
])

/** `kind` and bytes of an element, e.g. `f4`, as a type that is read; undefined for another. */
export function dtypeOf(
  kind: string,
  itemSize: number
): { readonly name: string; readonly convert: Convert } | undefined {
  const [name, convert] = CONVERTERS.get(`${kind}${itemSize}`) ?? []
  return name === undefined || convert === undefined ? undefined : { name, convert }
}
