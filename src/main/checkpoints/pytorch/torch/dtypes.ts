/** PyTorch's number formats: names, widths, storage classes. Source: torch/storage.py, torch/csrc/utils/tensor_dtypes.cpp. */
import { NUMBER_FORMATS, type Convert } from '../../../numbers/formats'

export interface Dtype {
  readonly name: string
  /** Bytes of an element. */
  readonly width: number
  /** Absent: no plain real numbers; nothing else is read as weights. */
  readonly convert?: Convert
}

const LIST: readonly Dtype[] = [
  ...NUMBER_FORMATS.values(),
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
