/** safetensors' number formats. Source: the format's own specification. */
import { NUMBER_FORMATS, type Convert } from '../../numbers/formats'

const NAMES: ReadonlyMap<string, string> = new Map([
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F32', 'float32'],
  ['F64', 'float64'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
  ['I16', 'int16'],
  ['U16', 'uint16'],
  ['I32', 'int32'],
  ['U32', 'uint32'],
  ['I64', 'int64'],
  ['U64', 'uint64']
])

/** Bytes of an element of what is known and no plain real number. */
const OTHER_WIDTHS: ReadonlyMap<string, number> = new Map([
  ['F8_E5M2', 1],
  ['F8_E4M3', 1],
  ['F8_E8M0', 1],
  ['C64', 8]
])

/** Undefined for a type that is not known. */
export function widthOf(dtype: string): number | undefined {
  return NUMBER_FORMATS.get(NAMES.get(dtype) ?? '')?.width ?? OTHER_WIDTHS.get(dtype)
}

/** Undefined for what is not read as weights. */
export function converterOf(dtype: string): Convert | undefined {
  return NUMBER_FORMATS.get(NAMES.get(dtype) ?? '')?.convert
}
