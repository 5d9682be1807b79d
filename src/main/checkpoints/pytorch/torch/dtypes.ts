/** PyTorch's number formats: names, widths, storage classes. Source: torch/storage.py, torch/csrc/utils/tensor_dtypes.cpp. */
import { asFloat32, bfloat16ToFloat32, float16ToFloat32, float64ToFloat32 } from '../../../numbers/floats'
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
} from '../../../numbers/integers'

export interface Dtype {
  readonly name: string
  /** Bytes of an element. */
  readonly width: number
  /** Absent: no plain real numbers; nothing else is read as weights. */
  readonly convert?: (bytes: Uint8Array<ArrayBuffer>) => Float32Array
}

const LIST: readonly Dtype[] = [
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
  { name: 'bool', width: 1, convert: boolToFloat32 },
  { name: 'complex32', width: 4 },
  { name: 'complex64', width: 8 },
  { name: 'complex128', width: 16 },
  { name: 'float8_e4m3fn', width: 1 },
  { name: 'float8_e4m3fnuz', width: 1 },
  { name: 'float8_e5m2', width: 1 },
  { name: 'float8_e5m2fnuz', width: 1 },
  { name: 'float8_e8m0fnu', width: 1 },
  { name: 'qint8', width: 1 },
  { name: 'quint8', width: 1 },
  { name: 'qint32', width: 4 },
  { name: 'quint4x2', width: 1 },
  { name: 'quint2x4', width: 1 }
]

const DTYPES: ReadonlyMap<string, Dtype> = new Map(LIST.map((dtype) => [dtype.name, dtype]))

const STORAGES: ReadonlyMap<string, string> = new Map([
  ['FloatStorage', 'float32'],
  ['HalfStorage', 'float16'],
  ['BFloat16Storage', 'bfloat16'],
  ['DoubleStorage', 'float64'],
  ['LongStorage', 'int64'],
  ['IntStorage', 'int32'],
  ['ShortStorage', 'int16'],
  ['CharStorage', 'int8'],
  ['ByteStorage', 'uint8'],
  ['BoolStorage', 'bool'],
  ['ComplexFloatStorage', 'complex64'],
  ['ComplexDoubleStorage', 'complex128'],
  ['QInt8Storage', 'qint8'],
  ['QUInt8Storage', 'quint8'],
  ['QInt32Storage', 'qint32'],
  ['QUInt4x2Storage', 'quint4x2'],
  ['QUInt2x4Storage', 'quint2x4'],
  // Bytes whose type the tensor gives.
  ['UntypedStorage', 'uint8'],
  ['_UntypedStorage', 'uint8']
])

/** The type of `torch.NAME`. */
export function dtypeNamed(name: string): Dtype | undefined {
  return DTYPES.get(name)
}

/** The type of a storage class's elements, e.g. `torch.FloatStorage` or `torch.cuda.HalfStorage`. */
export function storageDtype(module: string, name: string): Dtype | undefined {
  if (module !== 'torch' && module !== 'torch.cuda' && module !== 'torch.storage') return undefined
  return DTYPES.get(STORAGES.get(name) ?? '')
}
