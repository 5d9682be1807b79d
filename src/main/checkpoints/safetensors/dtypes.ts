/** safetensors' number formats. Source: the format's own specification. */
import { asFloat32, bfloat16ToFloat32, float16ToFloat32, float64ToFloat32 } from '../../numbers/floats'
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

interface Dtype {
  /** Bytes of an element. */
  readonly width: number
  /** Absent: no plain real numbers; nothing else is read as weights. */
  readonly convert?: Convert
}

const DTYPES: ReadonlyMap<string, Dtype> = new Map<string, Dtype>([
  ['F16', { width: 2, convert: float16ToFloat32 }],
  ['BF16', { width: 2, convert: bfloat16ToFloat32 }],
  ['F32', { width: 4, convert: asFloat32 }],
  ['F64', { width: 8, convert: float64ToFloat32 }],
  ['I8', { width: 1, convert: int8ToFloat32 }],
  ['U8', { width: 1, convert: uint8ToFloat32 }],
  ['BOOL', { width: 1, convert: boolToFloat32 }],
  ['I16', { width: 2, convert: int16ToFloat32 }],
  ['U16', { width: 2, convert: uint16ToFloat32 }],
  ['I32', { width: 4, convert: int32ToFloat32 }],
  ['U32', { width: 4, convert: uint32ToFloat32 }],
  ['I64', { width: 8, convert: int64ToFloat32 }],
  ['U64', { width: 8, convert: uint64ToFloat32 }],
  ['F8_E5M2', { width: 1 }],
  ['F8_E4M3', { width: 1 }],
  ['F8_E8M0', { width: 1 }],
  ['C64', { width: 8 }]
])

/** Undefined for a type that is not known. */
export function widthOf(dtype: string): number | undefined {
  return DTYPES.get(dtype)?.width
}

export function converterOf(dtype: string): Convert | undefined {
  return DTYPES.get(dtype)?.convert
}
