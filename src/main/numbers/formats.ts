/** The number formats that weights are read from. */
import { asFloat32, bfloat16ToFloat32, float16ToFloat32, float64ToFloat32 } from './floats'
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
} from './integers'

/** From little-endian bytes. */
export type Convert = (bytes: Uint8Array<ArrayBuffer>) => Float32Array

export interface NumberFormat {
  /** As PyTorch and NumPy name it. */
  readonly name: string
  /** Bytes of an element. */
  readonly width: number
  readonly convert: Convert
}

const LIST: readonly NumberFormat[] = [
  { name: 'float32', width: 4, convert: asFloat32 },
  { name: 'float16', width: 2, convert: float16ToFloat32 },
  { name: 'bfloat16', width: 2, convert: bfloat16ToFloat32 },
  { name: 'float64', width: 8, convert: float64ToFloat32 },
  { name: 'int64', width: 8, convert: int64ToFloat32 },
  { name: 'int32', width: 4, convert: int32ToFloat32 },
  { name: 'int16', width: 2, convert: int16ToFloat32 },
  { name: 'int8', width: 1, convert: int8ToFloat32 },
  { name: 'uint8', width: 1, convert: uint8ToFloat32 },
  { name: 'uint16', width: 2, convert: uint16ToFloat32 },
  { name: 'uint32', width: 4, convert: uint32ToFloat32 },
  { name: 'uint64', width: 8, convert: uint64ToFloat32 },
  { name: 'bool', width: 1, convert: boolToFloat32 }
]

export const NUMBER_FORMATS: ReadonlyMap<string, NumberFormat> = new Map(
  LIST.map((format) => [format.name, format])
)
