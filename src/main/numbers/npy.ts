/**
 * What stands before the numbers of a `.npy` array, versions 1 to 3.
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

/** How the numbers of an array lie. */
export interface NpyDescription {
  /** As the file says it, e.g. `<f4`; null where it lists the fields of a record. */
  readonly descr: string | null
  /** Column-major. */
  readonly fortranOrder: boolean
  readonly shape: readonly number[]
}

export interface NpyType {
  /** NumPy's type character: `i`, `u`, `f`, `b` … */
  readonly kind: string
  /** Bytes of one number. */
  readonly itemSize: number
  readonly littleEndian: boolean
}

const MAGIC = [0x93, ...Buffer.from('NUMPY')]

/** The most bytes that say how long the header is, with the magic number. */
export const NPY_PREFIX = 12

/** As far as there are bytes. */
export function startsAsNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => i >= bytes.length || bytes[i] === byte)
}

/**
 * Where the header's text begins and how many bytes it has; null for a version that is not known.
 * @param head at least `NPY_PREFIX` bytes of the file.
 */
export function npyHeaderPlace(head: Uint8Array): { readonly start: number; readonly length: number } | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const version = view.getUint8(6)
  if (version < 1 || version > 3) return null
  return version === 1
    ? { start: 10, length: view.getUint16(8, true) }
    : { start: 12, length: view.getUint32(8, true) }
}

/** @param version the byte at 6. */
export function decodeNpyHeader(bytes: Uint8Array, version: number): string {
  return new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes)
}

const ITEM = /[\s,]*(['"])(descr|fortran_order|shape)\1\s*:\s*/y
const VALUES = {
  descr: /(['"])([^'"]*)\1/y,
  fortran_order: /()(True|False)/y,
  shape: /(\()([^)]*)\)/y
}

/** A Python dict of three items in any order; a list of fields ends the reading. What is wrong with it: text. */
export function parseNpyHeader(text: string): NpyDescription | string {
  const found = new Map<string, string>()
  let at = text.indexOf('{') + 1
  for (;;) {
    ITEM.lastIndex = at
    const [item = '', , key] = ITEM.exec(text) ?? []
    if (key !== 'descr' && key !== 'fortran_order' && key !== 'shape') break
    at += item.length
    const pattern = VALUES[key]
    pattern.lastIndex = at
    const [whole, , value] = pattern.exec(text) ?? []
    if (key === 'descr' && text.charAt(at) === '[') return { descr: null, fortranOrder: false, shape: [] }
    if (whole === undefined || value === undefined) return `no "${key}" that can be read in its header`
    found.set(key, value)
    at += whole.length
  }
  const [descr, order, shapeText] = [found.get('descr'), found.get('fortran_order'), found.get('shape')]
  if (descr === undefined) return 'no "descr" in its header'
  if (shapeText === undefined) return 'no "shape" in its header'
  if (order === undefined) return 'no "fortran_order" in its header'
  const shape = parseShape(shapeText)
  return shape === null ? `the shape (${shapeText})` : { descr, fortranOrder: order === 'True', shape }
}

/** PyTorch allows 64 dimensions, NumPy as many. */
const MOST_DIMENSIONS = 64

/** Python 2 wrote `3L`. */
function parseShape(text: string): readonly number[] | null {
  const parts = text.split(',').map((part) => part.trim())
  if (parts.at(-1) === '') parts.pop()
  const shape = parts.map((part) => (/^\d+L?$/.test(part) ? Number(part.replace('L', '')) : NaN))
  return shape.length <= MOST_DIMENSIONS && shape.every(Number.isSafeInteger) ? shape : null
}

/** Null where it is no plain number, e.g. `|O`, `<M8[ns]`. */
export function npyType(descr: string): NpyType | null {
  const parts = /^([<>|=])?([a-zA-Z])(\d+)$/.exec(descr)
  if (parts === null) return null
  const [, order, kind = '', bytes] = parts
  return { kind, itemSize: Number(bytes), littleEndian: order !== '>' }
}
