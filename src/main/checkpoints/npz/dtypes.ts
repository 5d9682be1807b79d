/** NumPy's number formats. */
import { NUMBER_FORMATS, type NumberFormat } from '../../numbers/formats'

const NAMES: ReadonlyMap<string, string> = new Map([
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
  ['i1', 'int8'],
  ['i2', 'int16'],
  ['i4', 'int32'],
  ['i8', 'int64'],
  ['u1', 'uint8'],
  ['u2', 'uint16'],
  ['u4', 'uint32'],
  ['u8', 'uint64'],
  ['b1', 'bool']
])

/** `kind` and bytes of an element, e.g. `f4`, as a type that is read; undefined for another. */
export function dtypeOf(kind: string, itemSize: number): NumberFormat | undefined {
  return NUMBER_FORMATS.get(NAMES.get(`${kind}${itemSize}`) ?? '')
}
